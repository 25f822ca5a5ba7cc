import type { Clock } from '@stemcell/core'

/** Something that may change, and those who wait for it to do so. They look for themselves what has changed. */
export class Changes {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  announce(): void {
    for (const wake of this.#waiting) wake()
  }

  /** Resolves with the next change, or after `timeoutMs` for what changes without being announced. */
  next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = this.#clock.setTimer(timeoutMs, wake)
      this.#waiting.add(wake)
    })
  }
}
