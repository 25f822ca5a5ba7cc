/** Longer runs are not worth waiting for, ms. */
const SHORT_MS = 2
/** A job waits only where its turn should come within this time, ms. */
const WORTH_WAITING_MS = 10
/** How late its turn may come, ms. */
const TOLERANCE_MS = 5
/** So many containers are always kept busy: while one is told its next job, others run theirs. */
const FEWEST = 3
/** Runs that are in each other's way: with fewer of them another container may help, with more one too many works. */
const FEW_IN_THE_WAY = 2
const MANY_IN_THE_WAY = 4
const WEIGHT = 0.1
/** After so many runs the best time is found anew: the action may have become slower. */
const WINDOW = 1000

/**
 * How many hot containers of an action work at once before a job is given to one that is idle. Where runs are short and
 * only take time from each other, few hot containers do more than many lukewarm ones, and a job is sooner done behind another.
 * Whether they do is seen from their time: it grows with the number of those that are busy. Where they wait for something else
 * it does not, and there is no limit. (The estimate is that of TCP Vegas, RFC 6077 §3.1.)
 */
export class HotLimit {
  #limit = Infinity
  /** Moving average of a run, ms. */
  #runMs = 0
  /** The best run of the window before, and of this one, ms. */
  #bestBefore = Infinity
  #best = Infinity
  #runs = 0

  /** A run took so long, while `busy` containers, its own among them, were at work. */
  ran(ms: number, busy: number): void {
    if (++this.#runs > WINDOW) {
      this.#runs = 1
      this.#bestBefore = this.#best
      this.#best = Infinity
    }
    if (ms < this.#best) this.#best = ms
    this.#runMs = this.#runMs === 0 ? ms : this.#runMs + WEIGHT * (ms - this.#runMs)
    if (this.#runMs > SHORT_MS) {
      this.#limit = Infinity
      return
    }
    const best = Math.min(this.#best, this.#bestBefore)
    const inTheWay = busy * (1 - best / Math.max(best, this.#runMs))
    if (inTheWay > MANY_IN_THE_WAY) this.#limit = Math.max(FEWEST, Math.min(this.#limit, busy) - 1)
    else if (inTheWay < FEW_IN_THE_WAY && busy >= this.#limit) this.#limit++
  }

  /** How long a job is to wait for one of the `busy` containers, behind `ahead` others, ms; 0: not at all. */
  waitMs(busy: number, ahead: number): number {
    if (busy < this.#limit) return 0
    const turnMs = ((ahead + 1) * this.#runMs) / busy
    return turnMs > WORTH_WAITING_MS ? 0 : 2 * turnMs + TOLERANCE_MS
  }

  /** A job has waited in vain: what takes the containers' time now is not known yet. */
  missed(): void {
    this.#limit = Infinity
    this.#runs = 0
    this.#best = Infinity
    this.#bestBefore = Infinity
  }
}
