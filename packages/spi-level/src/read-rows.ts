import type { ClassicLevel, IteratorOptions, Snapshot } from 'classic-level'
import type { SortedRange } from '@stemcell/core/sorted-store'
import { codeOf } from './to-platform-error.ts'

const CHUNK = 1000
/** Enough for a page of 200 summaries in one go. */
const READ_AHEAD_BYTES = 512 * 1024

interface KeyRange {
  readonly gt?: string
  readonly gte?: string
  readonly lt: string
  readonly reverse?: boolean
  readonly limit?: number
  readonly snapshot?: Snapshot
}

/** Key and value of the entries of a range. Of skipped ones only the keys leave the database. */
export async function readRange(
  db: ClassicLevel,
  snapshot: Snapshot | undefined,
  { gte, lt, reverse, skip, limit }: SortedRange,
): Promise<readonly [key: string, value: string][]> {
  const seen = snapshot ? { snapshot } : {}
  let bounds: KeyRange = { gte, lt }
  if (skip > 0) {
    const skipped = await walkKeys(db, { ...bounds, ...seen, reverse, limit: skip })
    if (skipped.count < skip || skipped.last === undefined) return []
    bounds = reverse ? { gte, lt: skipped.last } : { gt: skipped.last, lt }
  }
  if (limit === 0) return []
  return readEntries(db, { ...bounds, ...seen, reverse, limit, highWaterMarkBytes: READ_AHEAD_BYTES })
}

type EntryRange = IteratorOptions<string, string>

/** All entries of a range that can be read: LevelDB leaves out a damaged part, and says so at the end. */
export async function readEntries(db: ClassicLevel, range: EntryRange): Promise<[key: string, value: string][]> {
  try {
    return await db.iterator<string, string>(range).all()
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_CORRUPTION') throw error
  }
  const entries: [key: string, value: string][] = []
  for await (const entry of eachEntry(db, range)) entries.push(entry)
  return entries
}

/** The same one after the other. */
export async function* eachEntry(
  db: ClassicLevel,
  range: EntryRange,
): AsyncGenerator<[key: string, value: string], void, undefined> {
  const iterator = db.iterator<string, string>(range)
  try {
    for (;;) {
      // One at a time: what is read together with the end would be lost to its error.
      const [entry] = await iterator.nextv(1)
      if (!entry) return
      yield entry
    }
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_CORRUPTION') throw error
  } finally {
    await iterator.close()
  }
}

/** In place of what LevelDB cannot read; nothing that was written is so short. */
const UNREADABLE = ''

/** The values of the keys, sealed. One that cannot be read does not keep the others from it, and cannot be opened. */
export async function readMany(
  db: ClassicLevel,
  snapshot: Snapshot | undefined,
  keys: readonly string[],
): Promise<(string | undefined)[]> {
  try {
    return await db.getMany<string, string>([...keys], snapshot ? { snapshot } : {})
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_CORRUPTION') throw error
  }
  const values: (string | undefined)[] = []
  for (const key of keys) values.push(await readOne(db, snapshot, key))
  return values
}

async function readOne(db: ClassicLevel, snapshot: Snapshot | undefined, key: string): Promise<string | undefined> {
  try {
    return await db.get<string, string>(key, snapshot ? { snapshot } : {})
  } catch (error) {
    if (codeOf(error) === 'LEVEL_CORRUPTION') return UNREADABLE
    throw error
  }
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
  try {
    return await walkInChunks(db, options, CHUNK)
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_CORRUPTION') throw error
    return walkInChunks(db, options, 1)
  }
}

async function walkInChunks(
  db: ClassicLevel,
  options: KeyRange,
  size: number,
): Promise<{ readonly count: number; readonly last: string | undefined }> {
  const keys = db.keys({ ...options, highWaterMarkBytes: READ_AHEAD_BYTES })
  let count = 0
  let last: string | undefined
  try {
    for (let chunk = await keys.nextv(size); chunk.length > 0; chunk = await keys.nextv(size)) {
      count += chunk.length
      last = chunk.at(-1)
    }
  } catch (error) {
    // At the end, when something in between could not be read.
    if (size > 1 || codeOf(error) !== 'LEVEL_CORRUPTION') throw error
  } finally {
    await keys.close()
  }
  return { count, last }
}
