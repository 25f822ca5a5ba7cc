import type { Clock } from '@stemcell/core'

/** Beyond this the host's clock was set, ms. */
const MAX_DRIFT_MS = 20

/** Epoch ms with fractions: the finer clock, put on the one that all processes share. */
export class WallClock {
  readonly #clock: Clock
  #offset: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offset = clock.now() - clock.monotonic()
  }

  now(): number {
    const fine = this.#clock.monotonic() + this.#offset
    const coarse = this.#clock.now()
    if (Math.abs(fine - coarse) <= MAX_DRIFT_MS) return fine
    this.#offset = coarse - this.#clock.monotonic()
    return coarse
  }
}
