import { descendantsOf, mainDescendantsOf, memoryOf } from '../process-table.ts'

/**
 * The memory of one process with all its descendants. Every thread has children of its own, and to ask all of them is
 * many files to read: that is done on a thorough look only, and in between what it found is looked at again.
 */
export class ProcessMemory {
  readonly #pid: number
  #found: readonly number[] = []

  constructor(pid: number) {
    this.#pid = pid
  }

  /** Bytes that they have for themselves. */
  look(thorough: boolean): number {
    if (thorough) this.#found = descendantsOf(this.#pid)
    return memoryOf(new Set([this.#pid, ...mainDescendantsOf(this.#pid), ...this.#found]))
  }
}
