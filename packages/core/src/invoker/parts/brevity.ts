/** So many brief runs more than others count for, until runs are sent behind each other. */
const ENOUGH = 64
const MOST = 128
/** What a run that was not brief takes back. */
const LONGER = 4
/** The score behind a run that kept others waiting. */
const DISTRUST = -1_000

/**
 * Whether the runs of an action are so brief that it is quicker to send one behind others, to a container that is hot,
 * than to wake another one. One that keeps others waiting takes the action's credit for a long time.
 */
export class Brevity {
  readonly #most: number
  #score = 0

  /** `most`: as many runs may wait in a container behind the one in progress. */
  constructor(most: number) {
    this.#most = most
  }

  /** Runs that a busy container may be given beyond those it takes at once. */
  get mayWait(): number {
    return this.#score >= ENOUGH ? this.#most : 0
  }

  ran(brief: boolean): void {
    if (!brief) this.#score = Math.min(this.#score, Math.max(this.#score - LONGER, 0))
    else if (this.#score < MOST) this.#score++
  }

  /** A run kept those behind it waiting. */
  keptWaiting(): void {
    this.#score = DISTRUST
  }
}
