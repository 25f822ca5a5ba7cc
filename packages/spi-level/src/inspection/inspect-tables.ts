import { isPlatformError } from '@stemcell/core'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAttachmentKey } from '@stemcell/core/sorted-store'
import { openBytes, openText } from '../sealed-value.ts'
import { codeOf } from '../to-platform-error.ts'
import { ByteReader } from './byte-reader.ts'
import { crc32c, crcStep, unmasked } from './crc32c.ts'
import { KEY_TRAILER_BYTES, liveTables, userKey, type LiveTable, type TableList } from './live-tables.ts'
import { uncompress } from './snappy.ts'

export const FOOTER_BYTES = 48
export const MAGIC = Buffer.from('57fb808b247547db', 'hex')
/** Compression and digest. */
export const BLOCK_TRAILER_BYTES = 5
/** Of a key; the other type is a removal. */
const VALUE = 1
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

/** A table of which a part is damaged, and what is left of it. */
export interface DamagedTable {
  readonly name: string
  readonly table: LiveTable
  /** In the order of a table. */
  readonly left: readonly TableEntry[]
}

export interface InspectedTables {
  readonly damaged: readonly DamagedRange[]
  /** Files that are not as long as they were. */
  readonly cut: readonly string[]
  readonly damagedTables: readonly DamagedTable[]
  readonly list: TableList
}

/** An entry of a table as LevelDB has it: a key with its number and type behind it. */
export interface TableEntry {
  readonly key: Buffer
  readonly value: Buffer
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
  const damagedTables: DamagedTable[] = []
  const cut: string[] = []
  const list = await liveTables(dir)
  for (const table of list.tables) {
    const file = await tableFile(dir, table)
    if (!file) continue
    const { name, bytes } = file
    if (bytes.length !== table.bytes) cut.push(name)
    const found = inspectTable(name, bytes, table)
    if (found.isWhole) continue
    damaged.push(...found.ranges)
    damagedTables.push({ name, table, left: inOrder(found.left()) })
  }
  return { damaged, cut, damagedTables, list }
}

interface InspectedTable {
  readonly isWhole: boolean
  readonly ranges: readonly DamagedRange[]
  readonly left: () => readonly FoundEntry[]
}

interface FoundEntry extends TableEntry {
  /** A digest shows that it is what was written. */
  readonly intact: boolean
}

function inspectTable(name: string, bytes: Buffer, table: LiveTable): InspectedTable {
  try {
    return damagedBlocks(name, bytes, table)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const left = findEntries(bytes, table)
    return {
      isWhole: false,
      ranges: [{ file: name, from: table.smallest, to: table.largest, intact: namesOf(left) }],
      left: () => left,
    }
  }
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
function damagedBlocks(file: string, bytes: Buffer, { smallest }: LiveTable): InspectedTable {
  if (bytes.length < FOOTER_BYTES) throw new RangeError('of another length')
  const footer = bytes.subarray(-FOOTER_BYTES)
  if (!footer.subarray(-MAGIC.length).equals(MAGIC)) throw new RangeError('no table')
  const handles = new ByteReader(footer)
  const meta = readHandle(handles)
  const index = readHandle(handles)
  const ranges: DamagedRange[] = []
  const blocks: { readonly handle: Handle; readonly whole: boolean }[] = []
  let from = smallest
  for (const { key, value } of entriesOf(wholeBlock(bytes, index))) {
    const to = userKey(key)
    const handle = readHandle(new ByteReader(value))
    const whole = isWhole(bytes, handle)
    blocks.push({ handle, whole })
    if (!whole) ranges.push({ file, from, to, intact: namesOf(foundIn(bytes, handle)) })
    from = to
  }
  const left = (): FoundEntry[] =>
    blocks.flatMap(({ handle, whole }) =>
      whole ? entriesOf(contentOf(bytes, handle)).map((entry) => ({ ...entry, intact: true })) : foundIn(bytes, handle),
    )
  return { isWhole: ranges.length === 0 && isFilterWhole(bytes, meta), ranges, left }
}

/** It says what is not in the table; one that is damaged hides what is. A table may have none. */
function isFilterWhole(bytes: Buffer, meta: Handle): boolean {
  const read = (): Buffer[][] => [
    entriesOf(wholeBlock(bytes, meta)).map(({ value }) => wholeBlock(bytes, readHandle(new ByteReader(value)))),
  ]
  return orNone(read).length > 0
}

/**
 * What can be found where what leads to the blocks is damaged: they come one after the other, and each ends where its
 * digest is right. Behind one that is damaged, what is left of the index may know where the next begins.
 */
function findEntries(bytes: Buffer, table: LiveTable): FoundEntry[] {
  const starts = orNone(() => startsIn(bytes))
  const found: FoundEntry[] = []
  for (let at: number | undefined = 0; at !== undefined;) {
    const from: number = at
    const block = nextBlock(bytes, from)
    const entries = block ? orNone(() => entriesOf(contentOf(bytes, block))) : []
    if (block && entries.length > 0 && entries.every((entry) => isOf(table, entry))) {
      for (const entry of entries) found.push({ ...entry, intact: true })
      at = from + block.size + BLOCK_TRAILER_BYTES
    } else at = starts.find((start) => start > from)
  }
  return found
}

function startsIn(bytes: Buffer): number[] {
  const handles = new ByteReader(bytes.subarray(-FOOTER_BYTES))
  readHandle(handles)
  const index = entriesOf(contentOf(bytes, readHandle(handles)))
  return index.flatMap(({ value }) => orNone(() => [readHandle(new ByteReader(value)).offset]))
}

function isOf({ smallest, largest }: LiveTable, { key }: TableEntry): boolean {
  const [name] = orNone(() => [userKey(key)])
  return name !== undefined && Buffer.compare(name, smallest) >= 0 && Buffer.compare(name, largest) <= 0
}

function nextBlock(bytes: Buffer, offset: number): Handle | undefined {
  let crc = -1
  for (let at = offset; at + BLOCK_TRAILER_BYTES <= bytes.length; at++) {
    crc = crcStep(crc, bytes[at]!)
    if (~crc >>> 0 === unmasked(bytes.readUInt32LE(at + 1))) return { offset, size: at - offset }
  }
  return undefined
}

/**
 * Without keys that are out of order: LevelDB ends the process when it meets one. Those of which nothing shows that they
 * are right give way; where they do not, readers are told of their damage.
 */
function inOrder(found: readonly FoundEntry[]): TableEntry[] {
  const ordered: FoundEntry[] = []
  for (const entry of found) {
    while (entry.intact && ordered.length > 0 && !ordered.at(-1)!.intact && !isBefore(ordered.at(-1)!.key, entry.key)) {
      ordered.pop()
    }
    const last = ordered.at(-1)
    if (!last || isBefore(last.key, entry.key)) ordered.push(entry)
  }
  return ordered
}

function trailerOf(key: Buffer): bigint {
  return key.readBigUInt64LE(key.length - KEY_TRAILER_BYTES)
}

/** Of two values of a key, the one with the greater number comes first. */
function isBefore(a: Buffer, b: Buffer): boolean {
  const order = Buffer.compare(userKey(a), userKey(b))
  return order === 0 ? trailerOf(a) > trailerOf(b) : order < 0
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

/** @throws RangeError */
function entriesOf(block: Buffer): TableEntry[] {
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

function entriesBetween(block: Buffer, start: number, end: number): TableEntry[] {
  const reader = new ByteReader(block.subarray(0, end), start)
  const entries: TableEntry[] = []
  let key: Buffer = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const [shared, rest, size] = [reader.varint(), reader.varint(), reader.varint()]
    if (shared > key.length) throw new RangeError('no key')
    key = Buffer.concat([key.subarray(0, shared), reader.take(rest)])
    entries.push({ key, value: reader.take(size) })
  }
  return entries
}

/** What can be read in a damaged block; values have digests of their own. */
function foundIn(bytes: Buffer, handle: Handle): FoundEntry[] {
  const [content] = orNone(() => [contentOf(bytes, handle)])
  if (!content) return []
  const entries = orNone(() => restartsOf(content)).flatMap(([start, end]) =>
    orNone(() => entriesBetween(content, start, end)),
  )
  return entries.flatMap(({ key, value }) =>
    orNone(() => {
      const name = userKey(key).toString()
      const type = key[key.length - KEY_TRAILER_BYTES]!
      return type > VALUE ? [] : [{ key, value, intact: type === VALUE && isSealed(name, value) }]
    }),
  )
}

function namesOf(found: readonly FoundEntry[]): string[] {
  return found.filter(({ intact }) => intact).map(({ key }) => userKey(key).toString())
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
