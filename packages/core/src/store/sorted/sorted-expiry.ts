import type { ActivationRetention } from '../activation-store.ts'
import { BY_START, NO_SUMMARY, recordKey, rowsOfStored } from './activation-rows.ts'
import type { BackendSession } from './backend-session.ts'
import { readRowKey, rowBounds, type KeySpace, type RowAddress } from './key-space.ts'
import { readable } from './readable.ts'
import type { FoundValue, SortedCondition, SortedEntry, SortedOperation } from './sorted-backend.ts'

/** Most records that one call removes. */
const MOST_PER_CALL = 1000

interface Removal {
  readonly condition: SortedCondition | undefined
  readonly operations: readonly SortedOperation[]
}

/**
 * Removes records that the retention no longer keeps, namespace by namespace. After a call that removed its fill the
 * next one begins with the namespace behind, so that none waits for ever.
 */
export class SortedExpiry {
  readonly #session: BackendSession
  readonly #keys: KeySpace
  #resumeAt: string

  constructor(session: BackendSession, keys: KeySpace) {
    this.#session = session
    this.#keys = keys
    this.#resumeAt = keys.allRows(BY_START).gte
  }

  async run(retention: ActivationRetention): Promise<number> {
    if (retention.before === undefined && retention.maxPerNamespace === undefined) return 0
    let removed = 0
    for await (const namespace of this.#namespaces()) {
      const rows = await this.#expired(namespace, retention, MOST_PER_CALL - removed)
      removed += await this.#remove(await this.#removals(namespace, rows))
      if (removed < MOST_PER_CALL) continue
      this.#resumeAt = rowBounds(this.#keys.rows(BY_START, namespace), {})!.lt
      break
    }
    return removed
  }

  /** From where the last call stopped on, and then those before. */
  async *#namespaces(): AsyncGenerator<string, void, undefined> {
    const { gte, lt } = this.#keys.allRows(BY_START)
    const resumeAt = this.#resumeAt
    for (const part of [
      { gte: resumeAt, lt },
      { gte, lt: resumeAt },
    ]) {
      for (let from = part.gte; from !== part.lt;) {
        const [first] = await this.#session.range({ gte: from, lt: part.lt, limit: 1 })
        if (!first) break
        const namespace = this.#keys.partitionOfRow(BY_START, first[0])
        yield namespace
        from = rowBounds(this.#keys.rows(BY_START, namespace), {})!.lt
      }
    }
  }

  /** The oldest rows of a namespace, as far as they are to go. */
  async #expired(
    namespace: string,
    { before, maxPerNamespace }: ActivationRetention,
    room: number,
  ): Promise<readonly SortedEntry[]> {
    const prefix = this.#keys.rows(BY_START, namespace)
    const all = rowBounds(prefix, {})!
    const old = before === undefined ? undefined : rowBounds(prefix, { to: Math.ceil(before) - 1 })
    const excess = maxPerNamespace === undefined ? 0 : (await this.#session.count(all)) - maxPerNamespace
    const tooMany = excess > 0 ? await this.#session.range({ ...all, limit: Math.min(room, excess) }) : []
    const tooOld = old ? await this.#session.range({ ...old, limit: room }) : []
    return tooMany.length > tooOld.length ? tooMany : tooOld
  }

  async #removals(namespace: string, rows: readonly SortedEntry[]): Promise<readonly Removal[]> {
    const prefix = this.#keys.rows(BY_START, namespace)
    const read = rows.map(([rowKey, summary]) => {
      const { id } = readRowKey(prefix, rowKey)
      return { rowKey, summary, id, key: recordKey(this.#keys, namespace, id), rows: rowsOr(summary) }
    })
    // Where the summary is none, or cannot be read, the record has what it has.
    const wanted = read.filter((one) => !one.rows)
    const records = await this.#session.getMany(wanted.map(({ key }) => key))
    const ofRecord = new Map(wanted.map(({ key }, place) => [key, rowsOr(records[place])]))
    return read.map(({ rowKey, summary, id, key, rows: known = ofRecord.get(key) }): Removal => {
      // Where its name is not known any more, the row under that stays, of which nothing is left to be shown.
      const rowKeys = known ? known.map((row) => this.#keys.row(id, row)) : [rowKey]
      return {
        condition: typeof summary === 'string' ? { key: rowKey, value: summary } : undefined,
        operations: [key, ...rowKeys].map((gone) => ({ type: 'del', key: gone })),
      }
    })
  }

  /** As one where nobody else removes any of them; each is counted by one who removes it. */
  async #remove(removals: readonly Removal[]): Promise<number> {
    if (removals.length === 0) return 0
    const conditions = removals.flatMap(({ condition }) => condition ?? [])
    const operations = removals.flatMap((removal) => removal.operations)
    if (await this.#session.batch({ conditions, operations })) return removals.length
    if (removals.length === 1) return 0
    const half = removals.length >>> 1
    return (await this.#remove(removals.slice(0, half))) + (await this.#remove(removals.slice(half)))
  }
}

/** Undefined when nothing can be read from it. */
function rowsOr(value: FoundValue | undefined): readonly RowAddress[] | undefined {
  if (typeof value !== 'string' || value === NO_SUMMARY) return undefined
  return readable(
    () => rowsOfStored(value),
    () => undefined,
  )
}
