import { isPlatformError, type ActivationRetention } from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import type { Operation } from './commit-queue.ts'
import { countIn } from './count-all.ts'
import {
  BY_START,
  readRowKey,
  recordKey,
  rowsOfStored,
  type KeySpace,
  type RowAddress,
} from '@stemcell/core/sorted-store'
import type { LevelDatabase } from './level-database.ts'
import { eachEntry, readMany, readRows } from './read-rows.ts'
import { openText } from './sealed-value.ts'

/** Most records that one call removes. */
const MOST_PER_CALL = 1000

interface Expired {
  readonly id: string
  /** That of all records of the namespace. */
  readonly rowKey: string
  readonly sealed: string
}

/**
 * Removes records that the retention no longer keeps. It goes through the namespaces by their numbers of records; a
 * call that removed its fill remembers where it stopped, so that the next one does not look at the same ones again.
 */
export class ActivationExpiry {
  readonly #keys: KeySpace
  #resumeAt: string

  constructor(keys: KeySpace) {
    this.#keys = keys
    this.#resumeAt = keys.rowCounts(BY_START).gte
  }

  /** Must not run twice at once: both would count the same records as removed. */
  async run(database: LevelDatabase, retention: ActivationRetention): Promise<number> {
    if (retention.before === undefined && retention.maxPerNamespace === undefined) return 0
    const all = this.#keys.rowCounts(BY_START)
    const resumeAt = this.#resumeAt
    const operations: Operation[] = []
    const counts: [string, number][] = []
    let removed = 0
    for (const range of [
      { gte: resumeAt, lt: all.lt },
      { gte: all.gte, lt: resumeAt },
    ]) {
      for await (const [key, count] of eachEntry(database.db, range)) {
        const namespace = this.#keys.partitionOfRowCount(BY_START, key)
        const room = MOST_PER_CALL - removed
        const rows = await this.#expired(database, namespace, await countIn(database, key, count), retention, room)
        for (const row of rows) await this.#remove(database, namespace, row, operations, counts)
        removed += rows.length
        this.#resumeAt = key
        if (removed >= MOST_PER_CALL) break
      }
      if (removed >= MOST_PER_CALL) break
    }
    if (removed > 0)
      await database.commits.commit({ operations, counts, bytes: 200 * operations.length, lasting: false })
    return removed
  }

  /** The oldest rows of a namespace, as far as they are to go. */
  async #expired(
    { db }: LevelDatabase,
    namespace: string,
    count: number,
    { before, maxPerNamespace }: ActivationRetention,
    room: number,
  ): Promise<readonly Expired[]> {
    const prefix = this.#keys.rows(BY_START, namespace)
    const excess = maxPerNamespace === undefined ? 0 : Math.min(room, Math.max(0, count - maxPerNamespace))
    const snapshot = db.snapshot()
    try {
      const tooMany = excess > 0 ? await readRows(db, snapshot, prefix, { limit: excess }) : []
      const tooOld =
        before === undefined ? [] : await readRows(db, snapshot, prefix, { to: Math.ceil(before) - 1, limit: room })
      const rows = tooMany.length > tooOld.length ? tooMany : tooOld
      return rows.map(([rowKey, sealed]) => ({ id: readRowKey(prefix, rowKey).id, rowKey, sealed }))
    } finally {
      await snapshot.close()
    }
  }

  async #remove(
    { db }: LevelDatabase,
    namespace: string,
    { id, rowKey, sealed }: Expired,
    operations: Operation[],
    counts: [string, number][],
  ): Promise<void> {
    const key = recordKey(this.#keys, namespace, id)
    operations.push({ type: 'del', key })
    // A small record's rows have no summary.
    const rows = rowsFrom(() => openText(rowKey, sealed, () => 'a summary')) ?? (await rowsOfRecord(db, key))
    for (const row of rows ?? []) {
      operations.push({ type: 'del', key: this.#keys.row(id, row) })
      counts.push([this.#keys.rowCount(row.index, row.partition), -1])
    }
    if (rows) return
    // Its name is not known any more: the row under that stays, of which nothing is left to be shown.
    operations.push({ type: 'del', key: rowKey })
    counts.push([this.#keys.rowCount(BY_START, namespace), -1])
  }
}

async function rowsOfRecord(db: ClassicLevel, key: string): Promise<readonly RowAddress[] | undefined> {
  const snapshot = db.snapshot()
  try {
    const [record = ''] = await readMany(db, snapshot, [key])
    return rowsFrom(() => openText(key, record, () => 'a record'))
  } finally {
    await snapshot.close()
  }
}

/** From a summary or a record, which has all that a summary has; undefined when it is damaged. */
function rowsFrom(text: () => string): readonly RowAddress[] | undefined {
  try {
    return rowsOfStored(text())
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
