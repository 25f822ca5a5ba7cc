import type { ClassicLevel, Snapshot } from 'classic-level'
import { rowBounds, type OrderRange } from './key-space.ts'

const CHUNK = 1000
/** Enough for a page of 200 summaries in one go. */
const READ_AHEAD_BYTES = 512 * 1024

export interface RowWindow extends OrderRange {
  readonly descending?: boolean | undefined
  readonly skip?: number | undefined
  readonly limit?: number | undefined
}

interface KeyRange {
  readonly gt?: string
  readonly gte?: string
  readonly lt: string
  readonly reverse?: boolean
  readonly limit?: number
  readonly snapshot?: Snapshot
}

/** Key and value of the rows under `prefix`. Of skipped rows only the keys leave the database. */
export async function readRows(
  db: ClassicLevel,
  snapshot: Snapshot,
  prefix: string,
  { descending: reverse = false, skip = 0, limit = Infinity, ...range }: RowWindow,
): Promise<readonly [key: string, value: string][]> {
  let bounds: KeyRange | undefined = rowBounds(prefix, range)
  if (bounds && skip > 0) {
    const skipped = await walkKeys(db, { ...bounds, reverse, snapshot, limit: skip })
    if (skipped.count < skip || skipped.last === undefined) return []
    bounds = reverse ? { ...bounds, lt: skipped.last } : { gt: skipped.last, lt: bounds.lt }
  }
  if (!bounds || limit === 0) return []
  return db.iterator({ ...bounds, reverse, snapshot, limit, highWaterMarkBytes: READ_AHEAD_BYTES }).all()
}

/** How many rows under `prefix` are in the range; reads their keys. */
export async function countRows(db: ClassicLevel, prefix: string, range: OrderRange): Promise<number> {
  const bounds = rowBounds(prefix, range)
  return bounds ? (await walkKeys(db, bounds)).count : 0
}

export async function countKeys(
  db: ClassicLevel,
  range: { readonly gte: string; readonly lt: string },
): Promise<number> {
  return (await walkKeys(db, range)).count
}

async function walkKeys(
  db: ClassicLevel,
  options: KeyRange,
): Promise<{ readonly count: number; readonly last: string | undefined }> {
  const keys = db.keys({ ...options, highWaterMarkBytes: READ_AHEAD_BYTES })
  let count = 0
  let last: string | undefined
  try {
    for (let chunk = await keys.nextv(CHUNK); chunk.length > 0; chunk = await keys.nextv(CHUNK)) {
      count += chunk.length
      last = chunk.at(-1)
    }
  } finally {
    await keys.close()
  }
  return { count, last }
}
