import { crc32 } from 'node:zlib'

/** Hexadecimal: 8 digits of CRC-32 over what follows the header, 8 digits of its length in bytes. */
export const HEADER_BYTES = 16
const LENGTH_AT = 8
const DIGITS = Buffer.from('0123456789abcdef')
const END = 0x0a

const scratch = Buffer.allocUnsafe(64 * 1024)

/** What is around the content of an entry. */
export const FRAME_BYTES = HEADER_BYTES + 1

/** Room for an entry with so much content, which belongs at `HEADER_BYTES`. Its bytes stay only until the next call. */
export function frameFor(contentBytes: number): Buffer {
  const bytes = contentBytes + FRAME_BYTES
  return bytes <= scratch.length ? scratch : Buffer.allocUnsafe(bytes)
}

/** Whether text of so many UTF-16 units, of which each takes at most three bytes, fits without being measured. */
export function fitsUnmeasured(units: number, room = scratch.length): boolean {
  return units * 3 + FRAME_BYTES <= room
}

/** The entry around the content that is in its place. */
export function framed(target: Buffer, contentBytes: number): Buffer {
  return target.subarray(0, frameAt(target, 0, contentBytes))
}

/** The same for an entry that begins at `at`. Returns where it ends. */
export function frameAt(target: Buffer, at: number, contentBytes: number): number {
  const start = at + HEADER_BYTES
  const end = start + contentBytes
  writeDigits(target, at, crc32(target.subarray(start, end)))
  writeDigits(target, at + LENGTH_AT, contentBytes)
  target[end] = END
  return end + 1
}

/** The content of the entry that is at this place, and where the entry ends; undefined where there is no whole one. */
export function contentAt(bytes: Buffer, at: number): { readonly content: Buffer; readonly end: number } | undefined {
  const length = contentLength(bytes, at)
  if (length === undefined) return undefined
  const start = at + HEADER_BYTES
  const end = start + length
  if (end >= bytes.length || bytes[end] !== END) return undefined
  const content = bytes.subarray(start, end)
  return crc32(content) === readDigits(bytes, at) ? { content, end: end + 1 } : undefined
}

/** What the header at this place says; undefined where there is none. */
export function contentLength(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length || readDigits(bytes, at) === undefined) return undefined
  return readDigits(bytes, at + LENGTH_AT)
}

export interface ScannedFrames<T> {
  readonly entries: readonly T[]
  /** Where something cannot be read although whole entries follow it. */
  readonly damagedAt: readonly number[]
  /** Up to the end of the last whole entry. */
  readonly wholeBytes: number
  /** Behind the last whole entry: what was being written when the process died. */
  readonly tornBytes: number
}

/**
 * Reads one entry after the other from `from` on; places are those in `bytes`.
 * @param types the first bytes that contents begin with.
 * @param read  undefined for what is no entry.
 */
export function scanFrames<T>(
  bytes: Buffer,
  types: Buffer,
  read: (content: Buffer, at: number, end: number) => T | undefined,
): ScannedFrames<T> {
  const entries: T[] = []
  const damagedAt: number[] = []
  const entryAt = (at: number): { readonly entry: T; readonly end: number } | undefined => {
    const found = contentAt(bytes, at)
    const entry = found && read(found.content, at, found.end)
    return entry === undefined ? undefined : { entry, end: found!.end }
  }
  let at = 0
  let wholeBytes = 0
  while (at < bytes.length) {
    const found = entryAt(at)
    if (found) {
      entries.push(found.entry)
      at = wholeBytes = found.end
      continue
    }
    let next = at + 1
    while (next < bytes.length && !(types.includes(bytes[next + HEADER_BYTES] ?? 0) && entryAt(next))) next++
    if (next >= bytes.length) return { entries, damagedAt, wholeBytes, tornBytes: bytes.length - at }
    damagedAt.push(at)
    at = next
  }
  return { entries, damagedAt, wholeBytes, tornBytes: 0 }
}

function writeDigits(target: Buffer, at: number, number: number): void {
  for (let place = 0; place < 8; place++) target[at + place] = DIGITS[(number >>> (28 - 4 * place)) & 15]!
}

function readDigits(bytes: Buffer, at: number): number | undefined {
  let number = 0
  for (let place = at; place < at + 8; place++) {
    const byte = bytes[place]!
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1
    if (digit < 0) return undefined
    number = number * 16 + digit
  }
  return number
}
