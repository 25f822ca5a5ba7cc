import type { Clock, Timer } from './clock.ts'

export interface Deadline {
  /** On the monotonic clock. */
  readonly deadlineMs: number
  /** Called once, when it has passed. */
  expire(): void
}

const ofClock = new WeakMap<Clock, Deadlines>()

/**
 * Time limits of calls, kept exactly with one timer for all of them: it is set for the earliest, and moved only by one
 * that is earlier still. A call that ends in time, as nearly all do, touches no timer.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #pending = new Set<Deadline>()
  #timer: Timer | undefined
  #armedMs = Infinity

  private constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Those that all calls on this clock share. */
  static of(clock: Clock): Deadlines {
    let deadlines = ofClock.get(clock)
    if (!deadlines) ofClock.set(clock, (deadlines = new Deadlines(clock)))
    return deadlines
  }

  add(deadline: Deadline): void {
    this.#pending.add(deadline)
    if (deadline.deadlineMs < this.#armedMs) this.#arm(deadline.deadlineMs)
  }

  remove(deadline: Deadline): void {
    this.#pending.delete(deadline)
  }

  /** Leaves no timer behind where nothing is pending: for whoever is done with it. */
  rest(): void {
    if (this.#pending.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#armedMs = Infinity
  }

  #arm(atMs: number): void {
    this.#timer?.cancel()
    this.#armedMs = atMs
    this.#timer = this.#clock.setTimer(atMs - this.#clock.monotonic(), () => this.#ring())
  }

  #ring(): void {
    this.#timer = undefined
    this.#armedMs = Infinity
    const now = this.#clock.monotonic()
    const passed: Deadline[] = []
    let nextMs = Infinity
    for (const deadline of this.#pending) {
      if (deadline.deadlineMs <= now) passed.push(deadline)
      else nextMs = Math.min(nextMs, deadline.deadlineMs)
    }
    if (nextMs < Infinity) this.#arm(nextMs)
    for (const deadline of passed) {
      if (this.#pending.delete(deadline)) deadline.expire()
    }
  }
}
