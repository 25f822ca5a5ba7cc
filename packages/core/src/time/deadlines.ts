import type { Clock, Timer } from './clock.ts'

/** What must have happened by a moment. */
export abstract class Deadline {
  /** On the monotonic clock. Not to be changed while it is pending. */
  declare deadlineMs: number
  /** @internal Neighbours among those that are pending. */
  declare before: Deadline | undefined
  /** @internal */
  declare after: Deadline | undefined
  /** @internal */
  declare isPending: boolean

  // Fields with initialisers are set one by one by a function of their own, which is slow until it is inlined.
  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs
    this.before = undefined
    this.after = undefined
    this.isPending = false
  }

  /** Called once, when it has passed. */
  abstract expire(): void
}

const ofClock = new WeakMap<Clock, Deadlines>()

/**
 * Deadlines of all that is under way, kept exactly with one timer for all of them: it is set for the earliest, and moved only by
 * one that is earlier still. What ends in time, as nearly everything does, touches no timer.
 */
export class Deadlines {
  readonly #clock: Clock
  /** A list through the deadlines themselves: nothing is left behind of what is removed, see `TransientMap`. */
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timer: Timer | undefined
  #armedMs = Infinity

  private constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Those that all work on this clock shares. */
  static of(clock: Clock): Deadlines {
    let deadlines = ofClock.get(clock)
    if (!deadlines) ofClock.set(clock, (deadlines = new Deadlines(clock)))
    return deadlines
  }

  /** Nothing happens when it is pending already. */
  add(deadline: Deadline): void {
    if (deadline.isPending) return
    deadline.isPending = true
    deadline.before = this.#last
    if (this.#last) this.#last.after = deadline
    else this.#first = deadline
    this.#last = deadline
    if (deadline.deadlineMs < this.#armedMs) this.#arm(deadline.deadlineMs)
  }

  /** False when it was not pending. */
  remove(deadline: Deadline): boolean {
    if (!deadline.isPending) return false
    deadline.isPending = false
    const { before, after } = deadline
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    deadline.before = undefined
    deadline.after = undefined
    return true
  }

  /** Leaves no timer behind where nothing is pending: for whoever is done with it. */
  rest(): void {
    if (this.#first) return
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
    for (let deadline = this.#first; deadline; deadline = deadline.after) {
      if (deadline.deadlineMs <= now) passed.push(deadline)
      else nextMs = Math.min(nextMs, deadline.deadlineMs)
    }
    if (nextMs < Infinity) this.#arm(nextMs)
    for (const deadline of passed) {
      if (this.remove(deadline)) deadline.expire()
    }
  }
}
