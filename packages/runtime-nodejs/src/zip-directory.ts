const END_RECORD = 0x06054b50
const END_RECORD_BYTES = 22
const LONGEST_COMMENT = 0xffff
const END_RECORD_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
const LOCATOR_64_BYTES = 20
const ZIP64_FIELD = 1

export const DIRECTORY_RECORD = 0x02014b50
/** What a field of 32 bits holds when the value is in the zip64 field of the record. */
const ELSEWHERE = 0xffffffff

/** Where the central directory begins, and how many records it has. */
export function findDirectory(zip: Buffer): { readonly at: number; readonly count: number } {
  // The end record may be followed by a comment, and some tools leave bytes behind it.
  for (let end = zip.length - END_RECORD_BYTES; end >= zip.length - END_RECORD_BYTES - LONGEST_COMMENT; end--) {
    if (end < 0) break
    if (zip.readUInt32LE(end) !== END_RECORD) continue
    const found = directory64(zip, end) ?? { at: zip.readUInt32LE(end + 16), count: zip.readUInt16LE(end + 10) }
    // The comment may contain what looks like an end record.
    if (found.count === 0 || (found.at + 4 <= end && zip.readUInt32LE(found.at) === DIRECTORY_RECORD)) return found
  }
  throw new Error('The end of the central directory is missing.')
}

function directory64(zip: Buffer, end: number): { readonly at: number; readonly count: number } | undefined {
  const locator = end - LOCATOR_64_BYTES
  if (locator < 0 || zip.readUInt32LE(locator) !== LOCATOR_64) return undefined
  const record = wholeNumber(zip, locator + 8)
  if (zip.readUInt32LE(record) !== END_RECORD_64) throw new Error('The zip64 end of the central directory is damaged.')
  return { at: wholeNumber(zip, record + 48), count: wholeNumber(zip, record + 32) }
}

export interface Place {
  readonly size: number
  readonly packedSize: number
  /** Of the local header. */
  readonly offset: number
}

/** Sizes and place by the central record at `at`, whose extra fields are `extra`. */
export function placeOf(zip: Buffer, at: number, extra: Buffer): Place {
  const field = fieldOf(extra, ZIP64_FIELD)
  let next = 0
  const value = (short: number): number => {
    if (short !== ELSEWHERE) return short
    if (!field || next + 8 > field.length) throw new Error('The zip64 field of a record is missing.')
    next += 8
    return wholeNumber(field, next - 8)
  }
  // The order is that of the field.
  const size = value(zip.readUInt32LE(at + 24))
  const packedSize = value(zip.readUInt32LE(at + 20))
  const offset = value(zip.readUInt32LE(at + 42))
  return { size, packedSize, offset }
}

function fieldOf(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
  }
  return undefined
}

function wholeNumber(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('A zip64 number is too large.')
  return Number(value)
}
