import type { SortedCondition, SortedOperation } from '@stemcell/core/sorted-store'
import type { ClassicLevel } from 'classic-level'
import { openText } from './sealed-value.ts'
import { codeOf } from './to-platform-error.ts'

/** What the database will hold once the changes are written that are being put together. */
export class PendingValues {
  readonly #db: ClassicLevel
  readonly #changed = new Map<string, SortedOperation>()

  constructor(db: ClassicLevel) {
    this.#db = db
  }

  apply(operation: SortedOperation): void {
    this.#changed.set(operation.key, operation)
  }

  /** Read at once: what a caller is about to replace it has read just before, so no disk is waited for. */
  holds({ key, value }: SortedCondition): boolean {
    const change = this.#changed.get(key)
    if (change?.type === 'del') return value === undefined
    if (change) return change.value === value
    const sealed = this.#db.getSync(key)
    if (sealed === undefined || value === undefined) return sealed === value
    return openText(key, sealed, () => 'what is to be replaced') === value
  }

  /** What the database has under a key that none of the changes names; undefined when one does, or it cannot be read. */
  stored(key: string): string | undefined {
    return this.#changed.has(key) ? undefined : this.#readable(key)
  }

  has(key: string): boolean {
    const change = this.#changed.get(key)
    return change ? change.type === 'put' : this.#readable(key) !== undefined
  }

  #readable(key: string): string | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      // Nobody sees a row that cannot be read, nor is it counted.
      if (codeOf(error) === 'LEVEL_CORRUPTION') return undefined
      throw error
    }
  }
}
