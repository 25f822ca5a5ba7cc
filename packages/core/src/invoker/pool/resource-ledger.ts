import { covers, isPositive, minus, NO_RESOURCES, plus, type Resources } from '../parts/resources.ts'

/**
 * The books of the host's memory and CPU. A container is booked from the decision to make it until it is really gone,
 * so that the containers of this invoker never take more than `capacity` together.
 */
export class ResourceLedger {
  readonly capacity: Resources
  #used = NO_RESOURCES
  #leaving = NO_RESOURCES
  #promised = NO_RESOURCES

  constructor(capacity: Resources) {
    this.capacity = capacity
  }

  /** Taken by containers, those that are going included. */
  get used(): Resources {
    return this.#used
  }

  /** Part of `used` that containers on their way out will give back. */
  get leaving(): Resources {
    return this.#leaving
  }

  /** Kept for waiting jobs, out of what is free or will be. */
  get promised(): Resources {
    return this.#promised
  }

  /** A container is to be made. */
  take(need: Resources): void {
    this.#used = plus(this.#used, need)
  }

  /** A container that was taken for is on its way out. */
  leave(need: Resources): void {
    this.#leaving = plus(this.#leaving, need)
  }

  /** A container that had left is gone. */
  release(need: Resources): void {
    this.#leaving = minus(this.#leaving, need)
    this.#used = minus(this.#used, need)
  }

  promise(need: Resources): void {
    this.#promised = plus(this.#promised, need)
  }

  unpromise(need: Resources): void {
    this.#promised = minus(this.#promised, need)
  }

  /** Enough is free this moment. */
  hasFree(need: Resources): boolean {
    return covers(minus(this.capacity, this.#used), need)
  }

  /** Enough is free this moment, and taking it breaks no promise. */
  hasSpare(need: Resources): boolean {
    return this.hasFree(need) && covers(this.#outlook(), need)
  }

  /** What must be evicted before `need` can be promised; nothing is positive when it can be right now. */
  shortfall(need: Resources): Resources {
    return minus(need, this.#outlook())
  }

  /** What must still be evicted to keep the promises given. */
  get debt(): Resources {
    return minus(NO_RESOURCES, this.#outlook())
  }

  get inDebt(): boolean {
    // Asked at the end of every run: without promises nothing is computed.
    return isPositive(this.#promised) && isPositive(this.debt)
  }

  /** Free once all that is leaving has left and all that is promised was taken. */
  #outlook(): Resources {
    return minus(minus(plus(this.capacity, this.#leaving), this.#used), this.#promised)
  }
}
