import { isPlatformError } from '@stemcell/core'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAttachmentKey } from '@stemcell/core/sorted-store'
import { openBytes, openText } from '../sealed-value.ts'
import { codeOf } from '../to-platform-error.ts'
import { ByteReader } from './byte-reader.ts'
import { crc32c, unmasked } from './crc32c.ts'
import { liveTables, userKey, type LiveTable } from './live-tables.ts'
import { uncompress } from './snappy.ts'

const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
/** Compression and digest. */
const BLOCK_TRAILER_BYTES = 5
const SNAPPY = 1

/** Keys of which nobody knows what was written under them. */
export interface DamagedRange {
  readonly file: string
  /** Inclusive, as is `to`. */
  readonly from: Buffer
  readonly to: Buffer
  /** Keys in between that are there with what was written. */
  readonly intact: readonly string[]
}

export interface InspectedTables {
  readonly damaged: readonly DamagedRange[]
  /** Files that are not as long as they were. */
  readonly cut: readonly string[]
}

interface Handle {
  readonly offset: number
  readonly size: number
}

/**
 * Checks the digests of all blocks of all tables, which LevelDB does not look at when it reads: where a key changed, or
 * what leads to it, a value is not found, or an older one is.
 */
export async function inspectTables(dir: string): Promise<InspectedTables> {
  const damaged: DamagedRange[] = []
  const cut: string[] = []
  for (const table of await liveTables(dir)) {
    const file = await tableFile(dir, table)
    if (!file) continue
    if (file.bytes.length !== table.bytes) cut.push(file.name)
    try {
      damaged.push(...damagedBlocks(file.name, file.bytes, table))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      damaged.push({ file: file.name, from: table.smallest, to: table.largest, intact: [] })
    }
  }
  return { damaged, cut }
}

/** Undefined for one that is missing: LevelDB says so when it opens the database. */
async function tableFile(
  dir: string,
  { number }: LiveTable,
): Promise<{ readonly name: string; readonly bytes: Buffer } | undefined> {
  const base = String(number).padStart(6, '0')
  for (const name of [`${base}.ldb`, `${base}.sst`]) {
    try {
      return { name, bytes: await readFile(join(dir, name)) }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return undefined
}

/** @throws RangeError what leads to the blocks is damaged. */
function damagedBlocks(file: string, bytes: Buffer, { smallest }: LiveTable): DamagedRange[] {
  if (bytes.length < FOOTER_BYTES) throw new RangeError('of another length')
  const footer = bytes.subarray(-FOOTER_BYTES)
  if (!footer.subarray(-MAGIC.length).equals(MAGIC)) throw new RangeError('no table')
  const handles = new ByteReader(footer)
  const meta = readHandle(handles)
  const index = readHandle(handles)
  for (const { value } of entriesOf(wholeBlock(bytes, meta))) wholeBlock(bytes, readHandle(new ByteReader(value)))
  const damaged: DamagedRange[] = []
  let from = smallest
  for (const { key, value } of entriesOf(wholeBlock(bytes, index))) {
    const to = userKey(key)
    const handle = readHandle(new ByteReader(value))
    if (!isWhole(bytes, handle)) damaged.push({ file, from, to, intact: intactIn(bytes, handle) })
    from = to
  }
  return damaged
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() }
}

function isWhole(bytes: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size
  if (end + BLOCK_TRAILER_BYTES > bytes.length) return false
  return crc32c(bytes, offset, end + 1) === unmasked(bytes.readUInt32LE(end + 1))
}

function wholeBlock(bytes: Buffer, handle: Handle): Buffer {
  if (!isWhole(bytes, handle)) throw new RangeError('a block is damaged')
  return contentOf(bytes, handle)
}

function contentOf(bytes: Buffer, { offset, size }: Handle): Buffer {
  const block = new ByteReader(bytes, offset).take(size)
  return bytes[offset + size] === SNAPPY ? uncompress(block) : block
}

interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

/** @throws RangeError */
function entriesOf(block: Buffer): Entry[] {
  return restartsOf(block).flatMap(([start, end]) => entriesBetween(block, start, end))
}

/** Every so often a block has a whole key, and says where. */
function restartsOf(block: Buffer): (readonly [start: number, end: number])[] {
  const count = block.readUInt32LE(block.length - 4)
  const end = block.length - 4 * (count + 1)
  if (end < 0) throw new RangeError('no block')
  const starts = Array.from({ length: count }, (_, index) => block.readUInt32LE(end + 4 * index))
  return starts.map((start, index) => [start, starts[index + 1] ?? end] as const)
}

function entriesBetween(block: Buffer, start: number, end: number): Entry[] {
  const reader = new ByteReader(block.subarray(0, end), start)
  const entries: Entry[] = []
  let key: Buffer = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const [shared, rest, size] = [reader.varint(), reader.varint(), reader.varint()]
    if (shared > key.length) throw new RangeError('no key')
    key = Buffer.concat([key.subarray(0, shared), reader.take(rest)])
    entries.push({ key, value: reader.take(size) })
  }
  return entries
}

/** The keys in a damaged block whose own digests are right. */
function intactIn(bytes: Buffer, handle: Handle): string[] {
  const intact: string[] = []
  for (const [start, end] of orNone(() => restartsOf(contentOf(bytes, handle)))) {
    for (const { key, value } of orNone(() => entriesBetween(contentOf(bytes, handle), start, end))) {
      const name = orNone(() => [userKey(key).toString()])[0]
      if (name !== undefined && isSealed(name, value)) intact.push(name)
    }
  }
  return intact
}

function orNone<T>(read: () => T[]): T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}

export function isSealed(key: string, value: Uint8Array): boolean {
  try {
    if (isAttachmentKey(key)) openBytes(key, value, () => key)
    else openText(key, Buffer.from(value).toString(), () => key)
    return true
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return false
    throw error
  }
}
