import { crc32c, masked, unmasked } from './crc32c.ts'

const BLOCK_BYTES = 32 * 1024
/** Digest, length, type. */
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const MIDDLE = 3
const LAST = 4

export interface ScannedLog {
  /** Whole records, in the order in which they were written. */
  readonly records: readonly Buffer[]
  /** Where something cannot be read although there is something whole behind it. */
  readonly damagedAt: readonly number[]
  /** Behind the last whole record. */
  readonly tornBytes: number
}

interface Fragment {
  readonly type: number
  readonly content: Buffer
  readonly end: number
}

/** Reads a file in the format of LevelDB's logs, which the one that lists its tables has too. */
export function scanLog(bytes: Buffer): ScannedLog {
  const records: Buffer[] = []
  const damagedAt: number[] = []
  let parts: Buffer[] | undefined
  let wholeUpTo = 0
  let at = 0
  for (;;) {
    at = skipTrailer(at)
    const fragment = fragmentAt(bytes, at)
    if (!fragment) {
      const next = nextFragment(bytes, at)
      if (next === undefined) return { records, damagedAt, tornBytes: Math.max(0, bytes.length - wholeUpTo) }
      damagedAt.push(at)
      parts = undefined
      at = next
      continue
    }
    const { type, content, end } = fragment
    const begins = type === FULL || type === FIRST
    // A beginning inside of a record, or a part of one without its beginning. The latter was reported where that was lost.
    if (begins ? parts !== undefined : parts === undefined && damagedAt.length === 0) damagedAt.push(at)
    if (begins) parts = [content]
    else parts?.push(content)
    if (type === FULL || type === LAST) {
      if (parts) records.push(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
      parts = undefined
      wholeUpTo = end
    }
    at = end
  }
}

/** What is to be appended to a file of `length` bytes to add a record. */
export function logFragments(record: Buffer, length: number): Buffer {
  const parts: Buffer[] = []
  let at = length
  for (let from = 0; from < record.length;) {
    const start = skipTrailer(at)
    const to = Math.min(record.length, from + blockEnd(start) - start - HEADER_BYTES)
    const [isFirst, isLast] = [from === 0, to === record.length]
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt16LE(to - from, 4)
    header[6] = isFirst ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE
    const content = record.subarray(from, to)
    header.writeUInt32LE(masked(crc32c(Buffer.concat([header.subarray(6), content]))))
    parts.push(Buffer.alloc(start - at), header, content)
    at = start + HEADER_BYTES + content.length
    from = to
  }
  return Buffer.concat(parts)
}

/** A block ends with zeros where no header fits in any more. */
function skipTrailer(at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES)
  return left < HEADER_BYTES ? at + left : at
}

function fragmentAt(bytes: Buffer, at: number): Fragment | undefined {
  const start = at + HEADER_BYTES
  if (start > bytes.length) return undefined
  const type = bytes[at + 6]!
  if (type < FULL || type > LAST) return undefined
  const end = start + bytes.readUInt16LE(at + 4)
  if (end > bytes.length || end > blockEnd(at)) return undefined
  if (crc32c(bytes, start - 1, end) !== unmasked(bytes.readUInt32LE(at))) return undefined
  return { type, content: bytes.subarray(start, end), end }
}

/** Also inside of the block, where LevelDB does not look: what is there was written, and would be lost. */
function nextFragment(bytes: Buffer, from: number): number | undefined {
  const end = blockEnd(from)
  for (let at = from + 1; at + HEADER_BYTES <= Math.min(end, bytes.length); at++) {
    if (fragmentAt(bytes, at)) return at
  }
  for (let block = end; block < bytes.length; block += BLOCK_BYTES) if (fragmentAt(bytes, block)) return block
  return undefined
}

function blockEnd(at: number): number {
  return at - (at % BLOCK_BYTES) + BLOCK_BYTES
}
