interface Timed<T> {
  readonly atMs: number
  /** Of those at the same time the first added goes first. */
  readonly order: number
  readonly event: T
}

/** Events in order of their times: a binary heap. */
export class EventHeap<T> {
  readonly #heap: Timed<T>[] = []
  #added = 0

  add(atMs: number, event: T): void {
    const heap = this.#heap
    heap.push({ atMs, order: this.#added++, event })
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!before(heap[at]!, heap[parent]!)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  /** The first, if it is not after `untilMs`. */
  takeBefore(untilMs: number): Timed<T> | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (!first || first.atMs > untilMs) return undefined
    const last = heap.pop()!
    if (heap.length === 0) return first
    heap[0] = last
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      }
      if (least === at) return first
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const held = heap[a]!
    heap[a] = heap[b]!
    heap[b] = held
  }
}

function before<T>(a: Timed<T>, b: Timed<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
