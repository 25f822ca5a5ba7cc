import { PlatformError } from '@stemcell/core'
import { crc32 } from 'node:zlib'

const TEXT_DIGITS = 8
const TRAILER_BYTES = 4
/** Characters. A longer one is not copied for its digest. */
const SHORT = 1024

/**
 * LevelDB does not check what it reads from its tables, so every value carries a digest of itself and its key: bits that
 * changed are found, and so is a value that is found under the key of another. `<8 hexadecimal digits><text>`
 */
export function sealText(key: string, text: string): string {
  return hexadecimal(digestOf(key, text)) + text
}

/** @throws ERR_CORRUPT it is not what was written; `what` names it. */
export function openText(key: string, sealed: string, what: () => string): string {
  const text = sealed.slice(TEXT_DIGITS)
  if (Number.parseInt(sealed.slice(0, TEXT_DIGITS), 16) !== digestOf(key, text)) throw damaged(what())
  return text
}

/** `<bytes><4 bytes, big-endian>`; always a copy. */
export function sealBytes(key: string, bytes: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(bytes.byteLength + TRAILER_BYTES)
  sealed.set(bytes)
  sealed.writeUInt32BE(digestOf(key, bytes), bytes.byteLength)
  return sealed
}

/** @throws ERR_CORRUPT it is not what was written; `what` names it. */
export function openBytes(key: string, sealed: Uint8Array, what: () => string): Uint8Array {
  const length = sealed.byteLength - TRAILER_BYTES
  if (length < 0) throw damaged(what())
  const bytes = sealed.subarray(0, length)
  const trailer = Buffer.from(sealed.buffer, sealed.byteOffset + length, TRAILER_BYTES)
  if (trailer.readUInt32BE() !== digestOf(key, bytes)) throw damaged(what())
  return bytes
}

function digestOf(key: string, value: string | Uint8Array): number {
  // That of both together is the same, and one call is half the price of two.
  return typeof value === 'string' && value.length <= SHORT ? crc32(key + value) : crc32(value, crc32(key))
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Of eight digits. `toString(16)` takes the way of fractions, for three times as long. */
function hexadecimal(number: number): string {
  return BYTES[number >>> 24]! + BYTES[(number >>> 16) & 255]! + BYTES[(number >>> 8) & 255]! + BYTES[number & 255]!
}

function damaged(what: string): PlatformError {
  return new PlatformError('ERR_CORRUPT', `${what} is damaged: it is not what was written`)
}
