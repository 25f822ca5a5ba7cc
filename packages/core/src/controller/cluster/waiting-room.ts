/** Something that waits for a slot on some invoker. */
export interface Waiter {
  /** Who it waits for; namespaces take turns. */
  readonly namespace: string
  /** Places it if there is room now. */
  readonly tryPlace: () => boolean
}

/** After so many others went ahead of it, a waiter that does not fit holds back all behind it until it does. */
const PATIENCE = 64

/** A drain gives up after this many refusals in a row; the next one goes on where it stopped. */
const REFUSALS_PER_DRAIN = 256

/** A namespace may have so many times as many places as are left free. */
const SHARE = 3

/**
 * Holds activations until capacity frees. Bounded, and no namespace gets all of it: one alone has three quarters, two
 * that want everything three sevenths each, and some places are always left for one that has none yet. Fair between
 * namespaces (they take turns) and first come, first served within one. A small activation may pass a large one that
 * does not fit, but not for ever.
 */
export class WaitingRoom {
  readonly #max: number
  #size = 0
  #served = 0
  /** In turn order: the first key is next. */
  readonly #lines = new Map<string, Line>()
  #insistent: Line | undefined
  #draining = false

  constructor(maxWaiting: number) {
    this.#max = maxWaiting
  }

  get size(): number {
    return this.#size
  }

  /** False when the room is full, or full for this namespace. */
  enter(waiter: Waiter): boolean {
    let line = this.#lines.get(waiter.namespace)
    if (!this.#hasPlace(line ? line.waiters.length - line.next : 0)) return false
    if (!line) this.#lines.set(waiter.namespace, (line = { waiters: [], next: 0, since: this.#served }))
    line.waiters.push(waiter)
    this.#size++
    return true
  }

  /** For a namespace that has so many already. Who has none gets the last one, too. */
  #hasPlace(taken: number): boolean {
    const left = this.#max - this.#size - 1
    return left >= 0 && (taken === 0 || taken < SHARE * left)
  }

  /** Takes a waiter out that no longer wants to wait. */
  leave(waiter: Waiter): boolean {
    const line = this.#lines.get(waiter.namespace)
    const index = line ? line.waiters.indexOf(waiter, line.next) : -1
    if (!line || index < 0) return false
    line.waiters.splice(index, 1)
    if (index === line.next) line.since = this.#served
    this.#shrunk(waiter.namespace, line)
    return true
  }

  /** Offers free capacity to those who wait. Call it whenever some may have freed; a waiter may do so, too. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    try {
      this.#serve()
    } finally {
      this.#draining = false
    }
  }

  #serve(): void {
    let refusals = 0
    while (this.#size > 0 && refusals < Math.min(this.#lines.size, REFUSALS_PER_DRAIN)) {
      if (this.#insistent) {
        const waiter = this.#insistent.waiters[this.#insistent.next]!
        if (!waiter.tryPlace()) return
        this.#placed(waiter.namespace, this.#insistent)
        refusals = 0
        continue
      }
      const [namespace, line] = this.#lines.entries().next().value!
      // Whoever was asked goes to the end, placed or not.
      this.#lines.delete(namespace)
      this.#lines.set(namespace, line)
      if (line.waiters[line.next]!.tryPlace()) {
        refusals = 0
        this.#placed(namespace, line)
      } else {
        refusals++
        if (this.#served - line.since >= PATIENCE * this.#lines.size) this.#insistent = line
      }
    }
  }

  /** Everyone out; for shutting down. */
  evict(): void {
    this.#lines.clear()
    this.#insistent = undefined
    this.#size = 0
  }

  #placed(namespace: string, line: Line): void {
    line.next++
    line.since = ++this.#served
    this.#shrunk(namespace, line)
  }

  #shrunk(namespace: string, line: Line): void {
    this.#size--
    if (this.#insistent === line) this.#insistent = undefined
    if (line.next === line.waiters.length) this.#lines.delete(namespace)
    else if (line.next > 512) {
      line.waiters.splice(0, line.next)
      line.next = 0
    }
  }
}

interface Line {
  readonly waiters: Waiter[]
  /** Index of the first who still waits. */
  next: number
  /** How many had been served in all when the first of this line became the first. */
  since: number
}
