import type { Clock, Timer } from '@stemcell/core'

const AGAIN_AFTER_MS = 100

export interface CommitterParts {
  readonly clock: Clock
  /** How long a change that nobody waits for may stay uncommitted, ms. */
  readonly delayMs: number
  /** Commits everything there is to commit; false when the brokers did not confirm. */
  readonly commit: () => Promise<boolean>
}

/** Commits one after the other: what comes while one is under way goes with the next. */
export class OffsetCommitter {
  readonly #parts: CommitterParts
  #running: Promise<boolean> | undefined
  #next: Promise<boolean> | undefined
  #timer: Timer | undefined

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  /** Within `delayMs`, or later when the brokers do not confirm. */
  soon(delayMs = this.#parts.delayMs): void {
    this.#timer ??= this.#parts.clock.setTimer(delayMs, () => void this.now())
  }

  /** Resolves with the outcome of a commit that began after this call. */
  now(): Promise<boolean> {
    if (this.#next) return this.#next
    if (!this.#running) return this.#start()
    this.#next = this.#running.then(() => this.#start())
    return this.#next
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #start(): Promise<boolean> {
    this.cancel()
    this.#next = undefined
    this.#running = this.#parts.commit().then((confirmed) => {
      this.#running = undefined
      if (!confirmed) this.soon(Math.max(AGAIN_AFTER_MS, this.#parts.delayMs))
      return confirmed
    })
    return this.#running
  }
}
