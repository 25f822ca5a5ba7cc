import type { Clock, Timer } from '@stemcell/core'
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
  readonly #watched = new Set<WatchedProcess>()
  #timer: Timer | undefined
  #round = 0

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
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
    const idleToo = this.#round++ % IDLE_ROUNDS === 0
    for (const process of this.#watched) {
      if (!process.busy && !idleToo) continue
      const bytes = memoryOfTree(process.pid)
      if (bytes > process.limitBytes) process.exceeded(bytes)
    }
    if (this.#watched.size > 0) this.#timer = this.#clock.setTimer(this.#intervalMs, () => this.#look())
  }
}
