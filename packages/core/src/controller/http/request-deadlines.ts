import type { Clock } from '../../time/clock.ts'

/** Ticks of the limit: how precisely it is kept. */
const TICKS = 65

/**
 * Requests that must be answered within one common time, to which a tick of lateness is added. Nothing reads the
 * clock or sets a timer for a single request: one timer ticks while there is any.
 */
export class RequestDeadlines<T> {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #expire: (request: T) => void
  /** By request, in order of arrival, the last tick before it. */
  readonly #arrivals = new Map<T, number>()
  #tick = 0
  #ticking = false

  constructor(clock: Clock, limitMs: number, expire: (request: T) => void) {
    this.#clock = clock
    this.#tickMs = limitMs / TICKS
    this.#expire = expire
  }

  add(request: T): void {
    this.#arrivals.set(request, this.#tick)
    if (!this.#ticking) this.#arm()
  }

  remove(request: T): void {
    this.#arrivals.delete(request)
  }

  #arm(): void {
    this.#ticking = true
    this.#clock.setTimer(this.#tickMs, () => this.#onTick())
  }

  #onTick(): void {
    this.#ticking = false
    this.#tick++
    for (const [request, arrival] of this.#arrivals) {
      if (this.#tick - arrival <= TICKS) {
        this.#arm()
        return
      }
      this.#arrivals.delete(request)
      this.#expire(request)
    }
  }
}
