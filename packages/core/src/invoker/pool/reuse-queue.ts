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
 * Jobs that could have a container of their own but are better off waiting for one that is about to be free or ready.
 * Each waits in a lane, for what the lane is named after, and for a bounded time.
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

  add(job: Job, lane: string, patienceMs: number): void {
    this.#enter(new Waiter(job, lane, this.#clock.monotonic() + patienceMs))
    this.#timer ??= this.#clock.setTimer(patienceMs, () => this.#expel())
  }

  /** The longest waiting of a lane; it waits no more. */
  take(lane: string): Job | undefined {
    const patient = this.#lanes.get(lane)?.first
    if (!patient) return undefined
    this.#remove(patient)
    return patient.job
  }

  /** False when it does not wait here. */
  remove(job: Job): boolean {
    const link = this.#all.find((patient) => patient.job === job)
    if (!link) return false
    this.#remove(link.value)
    return true
  }

  /** Everybody in a lane, because what they wait for will not come. */
  dropLane(lane: string): Job[] {
    return [...(this.#lanes.get(lane) ?? [])].map((patient) => {
      this.#remove(patient)
      return patient.job
    })
  }

  clear(): Job[] {
    this.#timer?.cancel()
    this.#timer = undefined
    return [...this.#lanes.keys()].flatMap((lane) => this.dropLane(lane))
  }

  #enter(patient: Waiter): void {
    let lane = this.#lanes.get(patient.lane)
    if (!lane) this.#lanes.set(patient.lane, (lane = new LinkedList()))
    lane.pushBack(patient.laneLink)
    this.#all.pushBack(patient.link)
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
