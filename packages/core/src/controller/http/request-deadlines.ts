import type { Clock } from '../../time/clock.ts'

/**
 * Requests that must be answered within one common time. They expire in the order in which they came, so one timer
 * for the oldest serves all.
 */
export class RequestDeadlines<T> {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #expire: (request: T) => void
  readonly #dueMs = new Map<T, number>()
  #armed = false

  constructor(clock: Clock, limitMs: number, expire: (request: T) => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#expire = expire
  }

  add(request: T): void {
    this.#dueMs.set(request, this.#clock.monotonic() + this.#limitMs)
    if (!this.#armed) this.#arm(this.#limitMs)
  }

  remove(request: T): void {
    this.#dueMs.delete(request)
  }

  #arm(delayMs: number): void {
    this.#armed = true
    this.#clock.setTimer(delayMs, () => this.#sweep())
  }

  #sweep(): void {
    this.#armed = false
    const now = this.#clock.monotonic()
    for (const [request, due] of this.#dueMs) {
      // A timer may fire a fraction of a millisecond early.
      if (due > now + 1) {
        this.#arm(due - now)
        return
      }
      this.#dueMs.delete(request)
      this.#expire(request)
    }
  }
}
