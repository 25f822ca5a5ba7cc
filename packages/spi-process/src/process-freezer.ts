import { PlatformError, type Clock } from '@stemcell/core'
import { descendantsOf, isExhausted, processesMarked, signalTo, startOf, stateOf } from './process-table.ts'

/** A process that has not stopped after so many milliseconds waits for a device. */
const STOP_LOOKS = 2_000

/**
 * Stops all processes of a container: its group at once, and then, look by look, whoever left the group: descendants,
 * and those whose parents ended but whose environment still has the mark.
 */
export class ProcessFreezer {
  readonly #leader: number
  readonly #marks: ReadonlySet<string>
  readonly #clock: Clock
  /** Those outside the group, by id and start, so that a later process with the same id is left alone. */
  readonly #outside = new Map<number, string | undefined>()

  constructor(leader: number, mark: string, clock: Clock) {
    this.#leader = leader
    this.#marks = new Set([mark])
    this.#clock = clock
  }

  /** @throws ERR_UNAVAILABLE the container's process is gone, or one does not stop. */
  async stop(ended: () => boolean): Promise<void> {
    this.#signalGroup('SIGSTOP')
    // The signal is on its way when the call returns; the process may run for a moment yet, and may be forking.
    for (let look = 0; look < STOP_LOOKS && !ended(); look++) {
      if (this.#allStopped()) return
      await this.#clock.sleep(1)
    }
    throw new PlatformError('ERR_UNAVAILABLE', 'the process does not stop')
  }

  /** @throws ERR_UNAVAILABLE the container's process is gone. */
  continue(): void {
    for (const [pid, start] of this.#outside) if (startOf(pid) === start) signalTo(pid, 'SIGCONT')
    this.#outside.clear()
    this.#signalGroup('SIGCONT')
  }

  /** One look: only what a stopped process has started before can be missing, and all that still ran is stopped. */
  #allStopped(): boolean {
    try {
      if (isAtWork(stateOf(this.#leader), true)) return false
      const others = new Set([...descendantsOf(this.#leader), ...processesMarked(this.#marks)])
      others.delete(this.#leader)
      const running = [...others].filter((pid) => isAtWork(stateOf(pid), this.#outside.has(pid)))
      for (const pid of running) {
        this.#outside.set(pid, startOf(pid))
        signalTo(pid, 'SIGSTOP')
      }
      return running.length === 0
    } catch (error) {
      if (isExhausted(error)) return false
      throw error
    }
  }

  #signalGroup(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (!signalTo(-this.#leader, signal)) throw new PlatformError('ERR_UNAVAILABLE', 'the process is gone')
  }
}

/**
 * What waits within the kernel, as a parent does whose new child was stopped before it became its program, takes its
 * signal before it gets any further.
 */
function isAtWork(state: string | undefined, signalled: boolean): boolean {
  return state !== undefined && !/^[Tt]/.test(state) && !(signalled && state.startsWith('D'))
}
