import type { Clock, Timer } from './clock.ts'
import { sleepOn } from './sleep-on.ts'

interface Pending {
  readonly dueMs: number
  readonly order: number
  /** Undefined once cancelled: the entry stays in the heap until it comes to the top. */
  callback: (() => void) | undefined
}

/**
 * A clock that stands still until it is told to advance. Timers fire in order of their due time, ties in the order
 * they were set; between two timers all microtasks run, so that promise chains settle before time moves on.
 */
export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #originMs: number
  readonly #heap: Pending[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
    this.#originMs = startMs
  }

  now(): number {
    return Math.floor(this.#nowMs)
  }

  monotonic(): number {
    return this.#nowMs - this.#originMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback }
    this.#push(pending)
    return {
      cancel: () => {
        pending.callback = undefined
      },
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  /** When the next timer is due, epoch ms; undefined when none is pending. */
  get nextDueMs(): number | undefined {
    this.#dropCancelled()
    return this.#heap[0]?.dueMs
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms
    await settle()
    for (;;) {
      this.#dropCancelled()
      const next = this.#heap[0]
      if (!next || next.dueMs > until) break
      this.#fireNext()
      await settle()
    }
    // Two advances may overlap; time never runs backwards.
    this.#nowMs = Math.max(this.#nowMs, until)
    await settle()
  }

  /** Fires the next pending timer without settling promises; false when none is pending. For hot simulation loops. */
  step(): boolean {
    this.#dropCancelled()
    if (this.#heap.length === 0) return false
    this.#fireNext()
    return true
  }

  #fireNext(): void {
    const next = this.#pop()
    this.#nowMs = Math.max(this.#nowMs, next.dueMs)
    next.callback?.()
  }

  #dropCancelled(): void {
    while (this.#heap[0] && !this.#heap[0].callback) this.#pop()
  }

  #push(item: Pending): void {
    const heap = this.#heap
    let index = heap.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(item, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = item
  }

  #pop(): Pending {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) {
      let index = 0
      for (;;) {
        let child = 2 * index + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
        if (!before(heap[child]!, last)) break
        heap[index] = heap[child]!
        index = child
      }
      heap[index] = last
    }
    return top
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

/** Lets every promise that can settle do so; `setImmediate` runs only once the microtask queue is empty. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
