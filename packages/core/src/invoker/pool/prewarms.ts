import type { Clock, Timer } from '../../time/clock.ts'
import type { Job } from '../parts/job.ts'
import type { Prewarm } from '../parts/pool-policy.ts'

/** Each keeps the code of its action in memory. */
const MOST_PLANS = 2_000

/** Containers that are to be made before they are needed: at most one of an action, called off by its next job. */
export class Prewarms {
  readonly #clock: Clock
  readonly #due: (preparation: Job, keepMs: number) => void
  readonly #plans = new Map<string, Timer>()

  constructor(clock: Clock, due: (preparation: Job, keepMs: number) => void) {
    this.#clock = clock
    this.#due = due
  }

  get size(): number {
    return this.#plans.size
  }

  /** Takes the place of an earlier plan for the action; nothing happens when there are too many for others. */
  plan(preparation: Job, { afterMs, keepMs }: Prewarm): void {
    const { key } = preparation
    this.cancel(key)
    if (this.#plans.size >= MOST_PLANS) return
    const timer = this.#clock.setTimer(afterMs, () => {
      this.#plans.delete(key)
      this.#due(preparation, keepMs)
    })
    this.#plans.set(key, timer)
  }

  cancel(key: string): void {
    this.#plans.get(key)?.cancel()
    this.#plans.delete(key)
  }

  clear(): void {
    for (const timer of this.#plans.values()) timer.cancel()
    this.#plans.clear()
  }
}
