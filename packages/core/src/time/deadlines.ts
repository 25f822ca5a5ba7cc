import { RemovableHeap, type HeapItem } from '../collections/removable-heap.ts'
import type { Clock, Timer } from './clock.ts'

/** What must have happened by a moment. */
export abstract class Deadline {
  /** On the monotonic clock. Not to be changed while it is pending. */
  declare deadlineMs: number
  /** @internal While it is pending, or about to expire with others. */
  declare entry: Entry | undefined

  // Fields with initialisers are set one by one by a function of their own, which is slow until it is inlined.
  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs
    this.entry = undefined
  }

  /** It was added, and has neither passed nor been removed. */
  get isPending(): boolean {
    return this.entry !== undefined && this.entry.heapAt >= 0
  }

  /** It is somebody else's time, which does not pass while this process stands still and cannot hear of them. */
  get isOfOthers(): boolean {
    return false
  }

  /** Called once, when it has passed. */
  abstract expire(): void
}

/** A deadline among others. They are of many kinds, and what is looked at again and again had better be of one. */
class Entry implements HeapItem {
  readonly deadline: Deadline
  readonly deadlineMs: number
  /** Of two that pass at one moment, the one that was added first comes first. */
  readonly order: number
  /** How long this process had stood still when it was added, ms. */
  readonly stoodStillMs: number
  heapAt: number

  constructor(deadline: Deadline, deadlineMs: number, order: number, stoodStillMs: number) {
    this.deadline = deadline
    this.deadlineMs = deadlineMs
    this.order = order
    this.stoodStillMs = stoodStillMs
    this.heapAt = -1
  }
}

/** Whoever looks at the time so often knows how long nobody did, ms. */
const LOOK_MS = 1000
/** A timer so late shows that the process stood still; less is a busy machine, ms. */
const STILL_MS = 1000

const ofClock = new WeakMap<Clock, Deadlines>()

/**
 * Deadlines of all that is under way, kept exactly with one timer for all of them: it is set for the earliest, and moved only by
 * one that is earlier still. What ends in time, as nearly everything does, touches no timer.
 *
 * A process that stood still (stopped, frozen with its machine) looks at its timers before it reads what came meanwhile.
 * Deadlines of others are put off by that time.
 */
export class Deadlines {
  readonly #clock: Clock
  /** What is removed from it leaves nothing behind, see `TransientMap`. */
  readonly #pending = new RemovableHeap<Entry>(isBefore)
  #added = 0
  #timer: Timer | undefined
  #armedMs = Infinity
  #lookedMs = 0
  #stoodStillMs = 0

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
    const { deadlineMs } = deadline
    const added = new Entry(deadline, deadlineMs, this.#added++, this.#stoodStillMs)
    deadline.entry = added
    this.#pending.add(added)
    if (deadlineMs < this.#armedMs) this.#arm(deadlineMs)
  }

  /** False when it was not pending. */
  remove(deadline: Deadline): boolean {
    const { entry } = deadline
    if (!entry) return false
    deadline.entry = undefined
    this.#pending.remove(entry)
    return true
  }

  /** How long this process stood still altogether, up to `now`, while something was pending, ms. */
  stoodStillMs(now: number): number {
    if (now - this.#armedMs > STILL_MS) {
      this.#stoodStillMs += now - this.#lookedMs
      this.#lookedMs = now
      this.#armedMs = now
    }
    return this.#stoodStillMs
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
    const now = this.#clock.monotonic()
    this.#lookedMs = now
    this.#armedMs = Math.min(atMs, now + LOOK_MS)
    this.#timer = this.#clock.setTimer(this.#armedMs - now, () => this.#ring())
  }

  #ring(): void {
    const now = this.#clock.monotonic()
    const stoodStillMs = this.stoodStillMs(now)
    this.#timer = undefined
    this.#armedMs = Infinity
    const passed: Entry[] = []
    for (let first = this.#pending.first; first && first.deadlineMs <= now; first = this.#pending.first) {
      this.#pending.remove(first)
      passed.push(first)
    }
    // Whoever expires may end others whose time is over, too.
    if (this.#pending.first) this.#arm(this.#pending.first.deadlineMs)
    for (const entry of passed) {
      const { deadline } = entry
      if (deadline.entry !== entry) continue
      deadline.entry = undefined
      const putOffMs = deadline.isOfOthers ? stoodStillMs - entry.stoodStillMs : 0
      if (putOffMs === 0) deadline.expire()
      else {
        deadline.deadlineMs += putOffMs
        this.add(deadline)
      }
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order)
}
