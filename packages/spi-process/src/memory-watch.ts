import type { Clock, Logger, Timer } from '@stemcell/core'
import { memoryOfTree } from './process-table.ts'

export interface WatchedProcess {
  readonly pid: number
  readonly limitBytes: number
  /** A run is in progress: memory can grow fast. */
  readonly busy: boolean
  exceeded(bytes: number): void
}

/** Idle processes grow slowly, if at all: they are looked at once in so many rounds. */
const IDLE_ROUNDS = 20

/** Looks at the memory of processes again and again, and tells those that use too much. */
export class MemoryWatch {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #logger: Logger
  readonly #memoryOf: (pid: number) => number
  readonly #watched = new Set<WatchedProcess>()
  #timer: Timer | undefined
  #round = 0
  #blind = false

  constructor(clock: Clock, intervalMs: number, logger: Logger, memoryOf = memoryOfTree) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#logger = logger
    this.#memoryOf = memoryOf
  }

  add(process: WatchedProcess): void {
    this.#watched.add(process)
    this.#timer ??= this.#clock.setTimer(this.#intervalMs, () => this.#look())
  }

  delete(process: WatchedProcess): void {
    this.#watched.delete(process)
    if (this.#watched.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = this.#clock.setTimer(this.#intervalMs, () => this.#look())
    const idleToo = this.#round++ % IDLE_ROUNDS === 0
    try {
      for (const process of this.#watched) {
        if (!process.busy && !idleToo) continue
        const bytes = this.#memoryOf(process.pid)
        if (bytes > process.limitBytes) process.exceeded(bytes)
      }
      this.#blind = false
    } catch (err) {
      // Without a descriptor to look with, nobody is judged in this round; the next may have one.
      if (!this.#blind) this.#logger.warn({ err }, 'the memory of containers cannot be looked at')
      this.#blind = true
    }
  }
}
