import type { Clock, Logger, Timer } from '@stemcell/core'
import { ProcessMemory } from './process-memory.ts'

export interface WatchedProcess {
  readonly pid: number
  readonly limitBytes: number
  /** A run is in progress: memory can grow fast. */
  readonly busy: boolean
  exceeded(bytes: number): void
}

/** Looks at the memory of one process, and of what it started. */
export interface MemoryLook {
  look(thorough: boolean): number
}

/** Once in so many rounds idle processes are looked at, too, as they grow slowly if at all, and children of all threads. */
const THOROUGH_ROUNDS = 20

/** Looks at the memory of processes again and again, and tells those that use too much. */
export class MemoryWatch {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #logger: Logger
  readonly #memoryOf: (pid: number) => MemoryLook
  readonly #watched = new Map<WatchedProcess, MemoryLook>()
  #timer: Timer | undefined
  #round = 0
  #blind = false

  constructor(
    clock: Clock,
    intervalMs: number,
    logger: Logger,
    memoryOf: (pid: number) => MemoryLook = (pid) => new ProcessMemory(pid),
  ) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#logger = logger
    this.#memoryOf = memoryOf
  }

  add(process: WatchedProcess): void {
    this.#watched.set(process, this.#memoryOf(process.pid))
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
    const thorough = this.#round++ % THOROUGH_ROUNDS === 0
    try {
      for (const [process, memory] of this.#watched) {
        if (!process.busy && !thorough) continue
        const bytes = memory.look(thorough)
        if (bytes > process.limitBytes) process.exceeded(bytes)
      }
      this.#blind = false
    } catch (err) {
      // Without a descriptor to look with, nobody is judged in this round; the next may have one.
      if (!this.#blind) this.#logger.warn({ err }, 'the memory of containers cannot be read')
      this.#blind = true
    }
  }
}
