import { isPlatformError } from '../../errors.ts'
import type { ActivationRetention } from '../activation-store.ts'
import { BY_START, recordKey, rowsOfStored } from './activation-rows.ts'
import type { BackendSession } from './backend-session.ts'
import { readRowKey, rowBounds, type KeySpace, type RowAddress } from './key-space.ts'
import type { FoundValue, SortedCondition, SortedEntry, SortedOperation } from './sorted-backend.ts'

/** Most records that one call removes. */
const MOST_PER_CALL = 1000

interface Removal {
  readonly condition: SortedCondition | undefined
  readonly operations: readonly SortedOperation[]
}

/** Removes records that the retention no longer keeps, namespace by namespace. */
export class SortedExpiry {
  readonly #session: BackendSession
  readonly #keys: KeySpace

  constructor(session: BackendSession, keys: KeySpace) {
    this.#session = session
    this.#keys = keys
  }

  async run(retention: ActivationRetention): Promise<number> {
    if (retention.before === undefined && retention.maxPerNamespace === undefined) return 0
    let removed = 0
    for await (const namespace of this.#namespaces()) {
      const rows = await this.#expired(namespace, retention, MOST_PER_CALL - removed)
      removed += await this.#remove(await Promise.all(rows.map((row) => this.#removal(namespace, row))))
      if (removed >= MOST_PER_CALL) break
    }
    return removed
  }

  async *#namespaces(): AsyncGenerator<string, void, undefined> {
    const { gte, lt } = this.#keys.allRows(BY_START)
    for (let from = gte; ;) {
      const [first] = await this.#session.range({ gte: from, lt, limit: 1 })
      if (!first) return
      const namespace = this.#keys.partitionOfRow(BY_START, first[0])
      yield namespace
      from = rowBounds(this.#keys.rows(BY_START, namespace), {})!.lt
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
    const tooMany = maxPerNamespace === undefined ? 0 : (await this.#session.count(all)) - maxPerNamespace
    const tooOld = old ? await this.#session.count(old) : 0
    const limit = Math.min(room, Math.max(0, tooMany, tooOld))
    return limit === 0 ? [] : this.#session.range({ ...all, limit })
  }

  async #removal(namespace: string, [rowKey, summary]: SortedEntry): Promise<Removal> {
    const { id } = readRowKey(this.#keys.rows(BY_START, namespace), rowKey)
    const key = recordKey(this.#keys, namespace, id)
    const rows = rowsOr(summary) ?? rowsOr((await this.#session.getMany([key]))[0])
    // Where its name is not known any more, the row under that stays, of which nothing is left to be shown.
    const rowKeys = rows ? rows.map((row) => this.#keys.row(id, row)) : [rowKey]
    return {
      condition: typeof summary === 'string' ? { key: rowKey, value: summary } : undefined,
      operations: [key, ...rowKeys].map((gone) => ({ type: 'del', key: gone })),
    }
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
  if (typeof value !== 'string') return undefined
  try {
    return rowsOfStored(value)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
