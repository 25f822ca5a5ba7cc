import type { Clock, Logger } from '@stemcell/core'
import { hasEnded, isExhausted, processesMarked, signalTo } from './process-table.ts'

const PAUSE_MS = 5
/** A killed process that is still there after so many looks waits for its device, not for a signal. */
const MAX_LOOKS = 400

/**
 * Kills processes that left the group of their container, which only their environment gives away. One look at the
 * process table serves everybody who asks at the same time.
 */
export class ProcessSweeper {
  readonly #clock: Clock
  readonly #logger: Logger
  #marks = new Set<string>()
  #next: Promise<void> | undefined

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Resolves once no process carries the mark. */
  sweep(mark: string): Promise<void> {
    this.#marks.add(mark)
    this.#next ??= Promise.resolve().then(() => {
      const marks = this.#marks
      this.#marks = new Set()
      this.#next = undefined
      return this.#sweepAll(marks)
    })
    return this.#next
  }

  /** Resolves once a process that was killed has ended. Its environment is gone a moment before it is. */
  async ended(pid: number, start: string): Promise<void> {
    for (let look = 0; look < MAX_LOOKS; look++) {
      if (hasEnded(pid, start)) return
      await this.#clock.sleep(PAUSE_MS)
    }
    this.#logger.warn({ pid }, 'a killed process does not end')
  }

  /** Until a look finds nobody: a process may have forked while it was found. */
  async #sweepAll(marks: ReadonlySet<string>): Promise<void> {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const pids = find(marks)
      if (pids?.length === 0) return
      for (const pid of pids ?? []) signalTo(pid, 'SIGKILL')
      await this.#clock.sleep(PAUSE_MS)
    }
    this.#logger.warn({ marks: [...marks] }, 'killed processes do not end')
  }
}

/** Undefined when the system had nothing left to look with. */
function find(marks: ReadonlySet<string>): readonly number[] | undefined {
  try {
    return processesMarked(marks)
  } catch (error) {
    if (isExhausted(error)) return undefined
    throw error
  }
}
