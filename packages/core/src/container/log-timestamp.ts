import type { Clock } from '../time/clock.ts'

/** Gives each line a time of its own: later lines never sort before earlier ones, even within one millisecond. */
export class LogTimestamp {
  readonly #clock: Clock
  #ms = -Infinity
  #prefix = ''
  #order = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Looks at the clock; the lines that follow arrived now. */
  tick(): void {
    this.#moveTo(this.#clock.now())
  }

  /** RFC 3339 with nanoseconds. The digits below the millisecond only number the lines. */
  next(): string {
    if (this.#order > 999_999) this.#moveTo(this.#ms + 1)
    const order = String(this.#order++)
    return `${this.#prefix}${'000000'.slice(order.length)}${order}Z`
  }

  #moveTo(ms: number): void {
    if (ms <= this.#ms) return
    this.#ms = ms
    this.#order = 0
    this.#prefix = new Date(ms).toISOString().slice(0, -1)
  }
}
