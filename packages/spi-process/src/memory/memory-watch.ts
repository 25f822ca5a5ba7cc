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
/** Each reads files of the system: requests are not to wait for many of them. */
const LOOKS_PER_TURN = 4
const BETWEEN_TURNS_MS = 2

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
    const beganMs = this.#clock.monotonic()
    const thorough = this.#round++ % THOROUGH_ROUNDS === 0
    this.#lookOn(this.#watched.entries(), thorough, beganMs)
  }

  /** Looks at as many as one turn has time for, and at the others soon after. */
  #lookOn(rest: Iterator<[WatchedProcess, MemoryLook]>, thorough: boolean, beganMs: number): void {
    try {
      for (let looks = 0; looks < LOOKS_PER_TURN;) {
        const { value, done } = rest.next()
        if (done) {
          this.#blind = false
          return this.#pause(beganMs)
        }
        const [process, memory] = value
        if (!process.busy && !thorough) continue
        const bytes = memory.look(thorough)
        if (bytes > process.limitBytes) process.exceeded(bytes)
        looks++
      }
      this.#blind = false
      this.#timer = this.#clock.setTimer(BETWEEN_TURNS_MS, () => this.#lookOn(rest, thorough, beganMs))
    } catch (err) {
      // Without a descriptor to look with, nobody is judged in this round; the next may have one.
      if (!this.#blind) this.#logger.warn({ err }, 'the memory of containers cannot be read')
      this.#blind = true
      this.#pause(beganMs)
    }
  }

  /** Until the next round. Whoever exceeds is gone meanwhile, and may have been the last. */
  #pause(beganMs: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#watched.size === 0) return
    const pauseMs = this.#intervalMs - (this.#clock.monotonic() - beganMs)
    this.#timer = this.#clock.setTimer(Math.max(BETWEEN_TURNS_MS, pauseMs), () => this.#look())
  }
}
