import type { JsonObject, JsonValue } from '@stemcell/core'
import type { Database } from '../http/database.ts'

export interface ViewRow {
  readonly id: string
  readonly key: JsonValue
  readonly value: JsonValue
  readonly doc?: JsonObject | null
}

export interface ViewReply {
  readonly rows: readonly ViewRow[]
}

export interface ViewRange {
  /** As in `_design/DESIGN/_view/VIEW`. */
  readonly path: string
  readonly partition: string
  /** Inclusive. */
  readonly from?: number | undefined
  /** Inclusive. */
  readonly to?: number | undefined
}

export interface ViewPage extends ViewRange {
  readonly descending?: boolean | undefined
  readonly skip?: number | undefined
  readonly limit?: number | undefined
  readonly documents?: boolean
}

/**
 * CouchDB compares texts by the rules of Unicode, which take some for equal that are not the same (an é of one or of
 * two characters, a text with and without an invisible character). Such neighbours are in the range that is asked for
 * and must be left out afterwards. Among printable ASCII there are none, so there the server can skip and count out.
 */
const PRINTABLE_ASCII = /^[ -~]*$/

/** Rows of a view with keys `[partition, number]`, of exactly this partition. */
export async function readRange(database: Database, page: ViewPage): Promise<readonly ViewRow[]> {
  const { partition, skip = 0, limit, from, to } = page
  if (limit === 0 || isEmpty(from, to)) return []
  if (PRINTABLE_ASCII.test(partition)) {
    const rows = await ask(database, page, { ...(skip > 0 ? { skip } : {}), limit })
    if (rows.every((row) => partitionOf(row) === partition)) return rows
  }
  const all = await ask(database, page, {})
  const exact = all.filter((row) => partitionOf(row) === partition)
  return exact.slice(skip, limit === undefined ? undefined : skip + limit)
}

/** How many rows `readRange` would find; the view must count in its reduce. */
export async function countRange(database: Database, range: ViewRange): Promise<number> {
  if (isEmpty(range.from, range.to)) return 0
  const { rows } = await database.ask<ViewReply>(range.path, { ...bounds(range), reduce: true, group_level: 1 })
  // Groups are of keys that are the same, not of those that compare as equal.
  return rows.reduce((sum, row) => (partitionOf(row) === range.partition ? sum + Number(row.value) : sum), 0)
}

async function ask(
  database: Database,
  { path, descending = false, documents = false, ...range }: ViewPage,
  cut: { readonly skip?: number | undefined; readonly limit?: number | undefined },
): Promise<readonly ViewRow[]> {
  const { startkey, endkey } = bounds(range)
  const { rows } = await database.ask<ViewReply>(path, {
    ...(descending ? { startkey: endkey, endkey: startkey, descending } : { startkey, endkey }),
    reduce: false,
    ...(documents ? { include_docs: true } : {}),
    ...cut,
  })
  return rows
}

/** An array sorts before its continuations, an object after all numbers and texts. */
function bounds({ partition, from, to }: Pick<ViewRange, 'partition' | 'from' | 'to'>): {
  readonly startkey: JsonValue
  readonly endkey: JsonValue
} {
  return {
    startkey: from === undefined ? [partition] : [partition, from],
    endkey: to === undefined ? [partition, {}] : [partition, to],
  }
}

function isEmpty(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): boolean {
  return from > to
}

function partitionOf({ key }: ViewRow): JsonValue | undefined {
  return Array.isArray(key) ? key[0] : undefined
}

/** The number of a key `[partition, number]`; 0 where an old document has something else. */
export function orderOf({ key }: ViewRow): number {
  const order = Array.isArray(key) ? key[1] : undefined
  return typeof order === 'number' && order > 0 ? Math.floor(order) : 0
}
