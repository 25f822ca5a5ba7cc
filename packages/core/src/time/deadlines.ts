import { RemovableHeap, type HeapItem } from '../collections/removable-heap.ts'
import type { Clock, Timer } from './clock.ts'

/** What must have happened by a moment. */
export abstract class Deadline implements HeapItem {
  /** On the monotonic clock. Not to be changed while it is pending. */
  declare deadlineMs: number
  /** @internal Its place among those that are pending. */
  declare heapAt: number
  /** @internal Of two that pass at one moment, the one that was added first comes first. */
  declare order: number

  // Fields with initialisers are set one by one by a function of their own, which is slow until it is inlined.
  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs
    this.heapAt = -1
    this.order = 0
  }

  /** Called once, when it has passed. */
  abstract expire(): void
}

/** Of a deadline that is about to expire, with others. */
const IS_PASSED = -2

const ofClock = new WeakMap<Clock, Deadlines>()

/**
 * Deadlines of all that is under way, kept exactly with one timer for all of them: it is set for the earliest, and moved only by
 * one that is earlier still. What ends in time, as nearly everything does, touches no timer.
 */
export class Deadlines {
  readonly #clock: Clock
  /** What is removed from it leaves nothing behind, see `TransientMap`. */
  readonly #pending = new RemovableHeap<Deadline>(isBefore)
  #added = 0
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
    if (deadline.heapAt >= 0) return
    deadline.order = this.#added++
    this.#pending.add(deadline)
    if (deadline.deadlineMs < this.#armedMs) this.#arm(deadline.deadlineMs)
  }

  /** False when it was not pending. */
  remove(deadline: Deadline): boolean {
    const { heapAt } = deadline
    if (heapAt === IS_PASSED) deadline.heapAt = -1
    else this.#pending.remove(deadline)
    return heapAt !== -1
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
    for (let first = this.#pending.first; first && first.deadlineMs <= now; first = this.#pending.first) {
      this.#pending.remove(first)
      passed.push(first)
    }
    // Whoever expires may end others whose time is over, too.
    for (const deadline of passed) deadline.heapAt = IS_PASSED
    if (this.#pending.first) this.#arm(this.#pending.first.deadlineMs)
    for (const deadline of passed) {
      if (deadline.heapAt !== IS_PASSED) continue
      deadline.heapAt = -1
      deadline.expire()
    }
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order)
}
