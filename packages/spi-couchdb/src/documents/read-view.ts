import { isPlatformError, type JsonObject, type JsonValue } from '@stemcell/core'
import { Refused } from '../http/couch-client.ts'
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
  /** The view of the rows of this one whose partition has an unusual name, see `unusualNamesOf`. */
  readonly unusualPath: string
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
 * and must be left out afterwards. Of two of them, at least one is not of printable ASCII alone.
 */
const PRINTABLE_ASCII = /^[ -~]*$/

/** Rows of a view with keys `[partition, number]`, of exactly this partition. */
export async function readRange(database: Database, page: ViewPage): Promise<readonly ViewRow[]> {
  const { partition, skip = 0, limit, from, to } = page
  if (limit === 0 || isEmpty(from, to)) return []
  // What the server skips is not seen: it must be known that there is nothing else among it.
  if (PRINTABLE_ASCII.test(partition) && (skip === 0 || (await countUnusual(database, page)) === 0)) {
    const rows = await ask(database, page, { ...(skip > 0 ? { skip } : {}), limit })
    if (rows.every((row) => partitionOf(row) === partition)) return rows
  }
  const exact = await exactRows(database, page)
  return exact.slice(skip, limit === undefined ? undefined : skip + limit)
}

/** How many rows `readRange` would find; both views must count in their reduce. */
export async function countRange(database: Database, range: ViewRange): Promise<number> {
  const { partition, from, to, path, unusualPath } = range
  if (isEmpty(from, to)) return 0
  if (PRINTABLE_ASCII.test(partition)) {
    const [all, unusual] = await Promise.all([countAll(database, path, range), countUnusual(database, range)])
    if (unusual !== undefined) return Math.max(0, all - unusual)
    return (await exactRows(database, range)).length
  }
  const isKept = (await countUnusual(database, range)) !== undefined
  return (await exactRows(database, isKept ? { ...range, path: unusualPath } : range)).length
}

/** How many rows each partition has of those that compare as equal to this one. */
export async function countEach(database: Database, range: ViewRange): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const { partition } = range
  if (PRINTABLE_ASCII.test(partition) && (await countUnusual(database, range)) === 0) {
    return counts.set(partition, await countAll(database, range.path, range))
  }
  for (const row of await ask(database, range, {})) {
    const name = partitionOf(row)
    if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

async function exactRows(database: Database, page: ViewPage): Promise<readonly ViewRow[]> {
  return (await ask(database, page, {})).filter((row) => partitionOf(row) === page.partition)
}

/** Rows of everything that compares as equal. Never by group: a cluster puts those of several names into one. */
async function countAll(database: Database, path: string, range: ViewRange): Promise<number> {
  const { rows } = await database.ask<ViewReply>(path, { ...bounds(range), reduce: true })
  return Number(rows[0]?.value ?? 0)
}

/** Undefined where there is no such view, because it may not be made. */
async function countUnusual(database: Database, range: ViewRange): Promise<number | undefined> {
  try {
    return await countAll(database, range.unusualPath, range)
  } catch (error) {
    if (isPlatformError(error) && error.cause instanceof Refused && error.cause.status === 404) return undefined
    throw error
  }
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
