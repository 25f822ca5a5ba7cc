import { isPlatformError, PlatformError } from '@stemcell/core'
import { rowCountOf, type SortedCondition } from '@stemcell/core/sorted-store'
import type { ClassicLevel } from 'classic-level'
import { PendingValues } from './pending-values.ts'
import { bytesGivenUp } from './record-log/live-bytes.ts'
import { openText, sealText } from './sealed-value.ts'
import { codeOf } from './to-platform-error.ts'

export type Operation =
  /** Text is sealed when it is written, bytes have been before. */
  | { readonly type: 'put'; readonly key: string; readonly value: string | Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** What is written together or not at all. */
export interface Change {
  readonly operations: readonly Operation[]
  /** Written only where all hold, seen from what is written before it. */
  readonly conditions?: readonly SortedCondition[]
  /**
   * Key of a number in the database, and what is added to it; or found by looking which rows are there, and which bytes of
   * the log a removed record takes.
   */
  readonly counts: Iterable<readonly [key: string, delta: number]> | 'looked-up'
  /** Roughly what the operations weigh. */
  readonly bytes: number
  /** Must survive a loss of power, not only the death of the process, once it is committed. */
  readonly lasting: boolean
}

export interface CommitQueueEvents {
  /** A key is about to be written. */
  readonly written: (key: string) => void
  /** Called before those who wait are told. */
  readonly committed: (commit: number, synced: number) => void
  /** A write failed: nothing is written any more until {@link CommitQueue.resume}. */
  readonly failed: (error: unknown) => void
  /** A number of rows cannot be read: counts them. */
  readonly recount: (key: string) => Promise<number>
}

interface Waiting {
  readonly change: Change
  readonly resolve: (held: boolean) => void
  readonly reject: (error: unknown) => void
}

interface JudgedGroup {
  readonly batch: ReturnType<ClassicLevel['batch']>
  /** Those whose conditions hold. */
  readonly held: ReadonlySet<Waiting>
}

/** A group ends with the change that reaches this. */
const GROUP_BYTES = 4 * 1024 ** 2

/** Number of the commit; the first entry of every batch, so that a log tells which commits are in it. */
export const COMMIT_KEY = 'mcommit'

/**
 * The only writer of a database. A change is written at once when none is being written; those that arrive meanwhile
 * are written together as the next, so that many writers share one sync of the disk.
 *
 * LevelDB goes on writing behind an entry of its log that it could write only in part, and drops at the next start what
 * is behind such an entry. So after one failed write nothing is written until the database was opened anew.
 */
export class CommitQueue {
  readonly #db: ClassicLevel
  readonly #sync: boolean
  readonly #events: CommitQueueEvents
  #waiting: Waiting[] = []
  #writing = false
  #commit = 0
  #synced = 0
  #failure: { readonly error: unknown } | undefined

  constructor(db: ClassicLevel, sync: boolean, events: CommitQueueEvents) {
    this.#db = db
    this.#sync = sync
    this.#events = events
  }

  /**
   * Resolves once the change is on disk (with `sync`) or with the operating system; with false where its conditions did
   * not hold. Rejects with the driver's error, and with ERR_UNAVAILABLE after a write that failed.
   */
  commit(change: Change): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(refusal(this.#failure.error))
        return
      }
      this.#waiting.push({ change, resolve, reject })
      if (!this.#writing) void this.#writeAll()
    })
  }

  /** A write failed, so that all are refused. */
  get isBroken(): boolean {
    return this.#failure !== undefined
  }

  /** The database was opened, and `commit` is the last that is in it. */
  resume(commit: number): void {
    this.#commit = commit
    this.#synced = commit
    this.#failure = undefined
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) await this.#writeGroup(this.#takeGroup())
    this.#writing = false
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let judged: JudgedGroup
    try {
      judged = await this.#batchOf(group)
    } catch (error) {
      // Nothing was written. One that cannot be made into a batch must not take the others with it.
      if (group.length === 1) group[0]!.reject(error)
      else for (const one of group) await this.#writeGroup([one])
      return
    }
    if (this.#failure) return this.#refuse(group, refusal(this.#failure.error))
    const { batch, held } = judged
    const sync = this.#sync && [...held].some(({ change }) => change.lasting)
    try {
      if (held.size === 0) {
        await batch.close()
        for (const { resolve } of group) resolve(false)
        return
      }
      await batch.write({ sync })
      this.#commit++
      if (sync) this.#synced = this.#commit
      this.#events.committed(this.#commit, this.#synced)
    } catch (error) {
      this.#failure = { error }
      this.#events.failed(error)
      this.#refuse(group, error)
      this.#refuse(this.#waiting.splice(0), refusal(error))
      return
    }
    for (const one of group) one.resolve(held.has(one))
  }

  #refuse(group: readonly Waiting[], error: unknown): void {
    for (const { reject } of group) reject(error)
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex(({ change }) => (bytes += change.bytes) >= GROUP_BYTES) + 1
    const group = end === 0 ? this.#waiting : this.#waiting.slice(0, end)
    this.#waiting = end === 0 ? [] : this.#waiting.slice(end)
    return group
  }

  async #batchOf(group: readonly Waiting[]): Promise<JudgedGroup> {
    const batch = this.#db.batch()
    try {
      return { batch, held: await this.#fill(batch, group) }
    } catch (error) {
      await batch.close()
      throw error
    }
  }

  async #fill(batch: ReturnType<ClassicLevel['batch']>, group: readonly Waiting[]): Promise<ReadonlySet<Waiting>> {
    batch.put(COMMIT_KEY, sealText(COMMIT_KEY, String(this.#commit + 1)))
    const deltas = new Map<string, number>()
    const add = (key: string, delta: number): unknown => deltas.set(key, (deltas.get(key) ?? 0) + delta)
    // Only who asks pays for what is remembered.
    const asks = group.some(({ change }) => change.conditions || change.counts === 'looked-up')
    const pending = asks ? new PendingValues(this.#db) : undefined
    const held = new Set<Waiting>()
    for (const one of group) {
      const { conditions = [], operations, counts } = one.change
      if (!conditions.every((condition) => pending!.holds(condition))) continue
      held.add(one)
      for (const operation of operations) {
        const { key } = operation
        const count = counts === 'looked-up' ? rowCountOf(key) : undefined
        if (count !== undefined) add(count, Number(operation.type === 'put') - Number(pending!.has(key)))
        if (counts === 'looked-up' && operation.type === 'del') bytesGivenUp(key, () => pending!.stored(key), add)
        pending?.apply(operation)
        this.#events.written(key)
        if (operation.type === 'del') batch.del(key)
        else if (typeof operation.value === 'string') batch.put(key, sealText(key, operation.value))
        else batch.put(key, operation.value, { valueEncoding: 'view' })
      }
      if (counts !== 'looked-up') for (const [key, delta] of counts) add(key, delta)
    }
    for (const [key, delta] of deltas) {
      if (delta === 0) continue
      const count = this.#count(key)
      const sum = (typeof count === 'number' ? count : await count) + delta
      if (sum > 0) batch.put(key, sealText(key, String(sum)))
      else batch.del(key)
    }
    return held
  }

  /** Nobody else writes, so what is read here is what the batch adds to. Read at once: it was written just before. */
  #count(key: string): number | Promise<number> {
    try {
      return readCount(key, this.#db.getSync(key))
    } catch (error) {
      if (isPlatformError(error, 'ERR_CORRUPT') || codeOf(error) === 'LEVEL_CORRUPTION')
        return this.#events.recount(key)
      throw error
    }
  }
}

/** @throws ERR_CORRUPT */
export function readCount(key: string, sealed: string | undefined): number {
  return sealed === undefined ? 0 : Number(openText(key, sealed, () => 'a number of rows'))
}

/** Number of the last commit in a database; 0 where there was none. @throws ERR_CORRUPT */
export function readCommit(sealed: string | undefined): number {
  return sealed === undefined ? 0 : Number(openText(COMMIT_KEY, sealed, () => 'the number of the last commit'))
}

function refusal(cause: unknown): PlatformError {
  const message = 'nothing is written after a write that failed, until the database was opened anew'
  return new PlatformError('ERR_UNAVAILABLE', message, { cause })
}
