import type { ClassicLevel } from 'classic-level'

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string | Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** What is written together or not at all. */
export interface Change {
  readonly operations: readonly Operation[]
  /** Key of a number in the database, and what is added to it. */
  readonly counts: Iterable<readonly [key: string, delta: number]>
  /** Roughly what the operations weigh. */
  readonly bytes: number
  /** Must survive a loss of power, not only the death of the process, once it is committed. */
  readonly lasting: boolean
}

interface Waiting {
  readonly change: Change
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A group ends with the change that reaches this. */
const GROUP_BYTES = 4 * 1024 ** 2

/**
 * The only writer of a database. A change is written at once when none is being written; those that arrive meanwhile
 * are written together as the next, so that many writers share one sync of the disk.
 */
export class CommitQueue {
  readonly #db: ClassicLevel
  readonly #sync: boolean
  #waiting: Waiting[] = []
  #writing = false

  constructor(db: ClassicLevel, sync: boolean) {
    this.#db = db
    this.#sync = sync
  }

  /** Resolves once the change is on disk (with `sync`) or with the operating system. Rejects with the driver's error. */
  commit(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
      if (!this.#writing) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        await this.#write(group)
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#writing = false
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex(({ change }) => (bytes += change.bytes) >= GROUP_BYTES) + 1
    const group = end === 0 ? this.#waiting : this.#waiting.slice(0, end)
    this.#waiting = end === 0 ? [] : this.#waiting.slice(end)
    return group
  }

  #write(group: readonly Waiting[]): Promise<void> {
    const batch = this.#db.batch()
    const deltas = new Map<string, number>()
    for (const { change } of group) {
      for (const operation of change.operations) {
        if (operation.type === 'del') batch.del(operation.key)
        else if (typeof operation.value === 'string') batch.put(operation.key, operation.value)
        else batch.put(operation.key, operation.value, { valueEncoding: 'view' })
      }
      for (const [key, delta] of change.counts) deltas.set(key, (deltas.get(key) ?? 0) + delta)
    }
    for (const [key, delta] of deltas) {
      if (delta === 0) continue
      // Nobody else writes, so what is read here is what the batch adds to. Read at once: it was written just before.
      const count = readCount(this.#db.getSync(key)) + delta
      if (count > 0) batch.put(key, String(count))
      else batch.del(key)
    }
    return batch.write({ sync: this.#sync && group.some(({ change }) => change.lasting) })
  }
}

export function readCount(value: string | undefined): number {
  return value === undefined ? 0 : Number(value)
}
