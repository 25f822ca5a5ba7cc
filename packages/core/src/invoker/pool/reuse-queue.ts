import type { Clock, Timer } from '../../time/clock.ts'
import type { Job } from '../parts/job.ts'
import { Link, LinkedList } from '../parts/linked-list.ts'

class Waiter {
  readonly job: Job
  readonly lane: string
  /** Monotonic ms. */
  readonly deadlineMs: number
  readonly laneLink: Link<Waiter> = new Link<Waiter>(this)
  readonly link: Link<Waiter> = new Link<Waiter>(this)

  constructor(job: Job, lane: string, deadlineMs: number) {
    this.job = job
    this.lane = lane
    this.deadlineMs = deadlineMs
  }
}

/**
 * Jobs that wait a bounded time to reuse a busy or starting container, because that is faster than making a new one.
 * Each waits in a lane; jobs of one lane can use the same containers.
 */
export class ReuseQueue {
  readonly #clock: Clock
  readonly #onTimeout: (job: Job) => void
  readonly #lanes = new Map<string, LinkedList<Waiter>>()
  /** In order of arrival. Deadlines are nearly in the same order, and need not be more exact. */
  readonly #all = new LinkedList<Waiter>()
  #timer: Timer | undefined

  constructor(clock: Clock, onTimeout: (job: Job) => void) {
    this.#clock = clock
    this.#onTimeout = onTimeout
  }

  get size(): number {
    return this.#all.size
  }

  countIn(lane: string): number {
    return this.#lanes.get(lane)?.size ?? 0
  }

  add(job: Job, lane: string, waitMs: number): void {
    this.#enter(new Waiter(job, lane, this.#clock.monotonic() + waitMs))
    this.#timer ??= this.#clock.setTimer(waitMs, () => this.#expel())
  }

  /** Removes and returns the job of a lane that has waited longest. */
  take(lane: string): Job | undefined {
    const waiter = this.#lanes.get(lane)?.first
    if (!waiter) return undefined
    this.#remove(waiter)
    return waiter.job
  }

  /** Returns false when the job is not in the queue. */
  remove(job: Job): boolean {
    const link = this.#all.find((waiter) => waiter.job === job)
    if (!link) return false
    this.#remove(link.value)
    return true
  }

  /** Removes and returns all jobs of a lane, because its containers are gone. */
  dropLane(lane: string): Job[] {
    return [...(this.#lanes.get(lane) ?? [])].map((waiter) => {
      this.#remove(waiter)
      return waiter.job
    })
  }

  clear(): Job[] {
    this.#timer?.cancel()
    this.#timer = undefined
    return [...this.#lanes.keys()].flatMap((lane) => this.dropLane(lane))
  }

  #enter(waiter: Waiter): void {
    let lane = this.#lanes.get(waiter.lane)
    if (!lane) this.#lanes.set(waiter.lane, (lane = new LinkedList()))
    lane.pushBack(waiter.laneLink)
    this.#all.pushBack(waiter.link)
  }

  #remove({ lane, laneLink, link }: Waiter): void {
    laneLink.unlink()
    link.unlink()
    if (this.#lanes.get(lane)?.size === 0) this.#lanes.delete(lane)
  }

  #expel(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    let first = this.#all.first
    for (; first && first.deadlineMs <= now; first = this.#all.first) {
      this.#remove(first)
      this.#onTimeout(first.job)
    }
    // Whole ms: what rounding leaves of one would be waited for again and again at the same moment.
    if (first) this.#timer ??= this.#clock.setTimer(Math.ceil(first.deadlineMs - now), () => this.#expel())
  }
}
