import type { Clock, Timer } from '@stemcell/core'
import { RemovableHeap, type HeapItem } from '@stemcell/core/scheduling'

class Due implements Timer, HeapItem {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
  heapAt = -1
  readonly #heap: RemovableHeap<Due>

  constructor(heap: RemovableHeap<Due>, dueMs: number, order: number, callback: () => void) {
    this.#heap = heap
    this.dueMs = dueMs
    this.order = order
    this.callback = callback
  }

  cancel(): void {
    this.#heap.remove(this)
  }
}

/**
 * Time that goes from one event to the next. Unlike a `VirtualClock` it forgets cancelled timers at once: a replay cancels
 * one of ten minutes for nearly every invocation.
 */
export class ReplayClock implements Clock {
  readonly #heap = new RemovableHeap<Due>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order))
  #nowMs = 0
  #order = 0

  now(): number {
    return Math.floor(this.#nowMs)
  }

  monotonic(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const due = new Due(this.#heap, this.#nowMs + Math.max(0, delayMs), this.#order++, callback)
    // What never comes need not be kept.
    if (due.dueMs !== Infinity) this.#heap.add(due)
    return due
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.setTimer(delayMs, end)
      if (signal?.aborted) end()
      else signal?.addEventListener('abort', end)
    })
  }

  /**
   * The same time for one process of several: what each of them keeps by its clock, such as when containers are to go, is
   * kept for each apart.
   */
  ofProcess(): Clock {
    return {
      now: () => this.now(),
      monotonic: () => this.monotonic(),
      setTimer: (delayMs, callback) => this.setTimer(delayMs, callback),
      sleep: (delayMs, signal) => this.sleep(delayMs, signal),
    }
  }

  /** When the next timer is due, ms; Infinity when none is set. */
  get nextDueMs(): number {
    return this.#heap.first?.dueMs ?? Infinity
  }

  /** Goes to the next timer and lets it fire. */
  step(): void {
    const due = this.#heap.first
    if (!due) return
    this.#heap.remove(due)
    this.#nowMs = due.dueMs
    due.callback()
  }

  /** Goes to a moment before which nothing is due. */
  goTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms)
  }
}
