import { crc32, inflateRawSync } from 'node:zlib'
import { type ArchiveEntry, MAX_UNPACKED_BYTES } from './archive-entry.ts'

const END_RECORD = 0x06054b50
const END_RECORD_BYTES = 22
const DIRECTORY_RECORD = 0x02014b50
const DIRECTORY_RECORD_BYTES = 46
const LOCAL_RECORD = 0x04034b50
const LOCAL_RECORD_BYTES = 30
const STORED = 0
const DEFLATED = 8
const FILE_TYPE = 0o170000
const SYMLINK = 0o120000

/** Reads by the central directory, which is what other tools trust; local headers only say where the data begins. */
export function* readZip(zip: Buffer): Generator<ArchiveEntry> {
  const end = findEndRecord(zip)
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  if (count === 0xffff || at === 0xffffffff) throw new Error('The zip64 format is not supported.')

  let unpacked = 0
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_RECORD) throw new Error('The central directory is damaged.')
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + DIRECTORY_RECORD_BYTES, at + DIRECTORY_RECORD_BYTES + nameLength)
    const mode = zip.readUInt32LE(at + 38) >>> 16

    if (name.endsWith('/')) {
      yield { kind: 'directory', name }
    } else {
      const data = readData(zip, at, name, MAX_UNPACKED_BYTES - unpacked)
      unpacked += data.length
      if ((mode & FILE_TYPE) === SYMLINK) yield { kind: 'symlink', name, target: data.toString() }
      else yield { kind: 'file', name, mode: mode & 0o777, data }
    }
    at += DIRECTORY_RECORD_BYTES + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
}

function findEndRecord(zip: Buffer): number {
  // The record may be followed by a comment of up to 64 KB.
  for (let at = zip.length - END_RECORD_BYTES; at >= Math.max(0, zip.length - END_RECORD_BYTES - 0xffff); at--) {
    if (zip.readUInt32LE(at) === END_RECORD) return at
  }
  throw new Error('The end of the central directory is missing.')
}

function readData(zip: Buffer, record: number, name: string, budget: number): Buffer {
  const flags = zip.readUInt16LE(record + 8)
  const method = zip.readUInt16LE(record + 10)
  const packedSize = zip.readUInt32LE(record + 20)
  const size = zip.readUInt32LE(record + 24)
  const local = zip.readUInt32LE(record + 42)

  if (flags & 1) throw new Error(`'${name}' is encrypted.`)
  if ([packedSize, size, local].includes(0xffffffff)) throw new Error('The zip64 format is not supported.')
  if (size > budget) throw new Error(`The archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes.`)
  if (zip.readUInt32LE(local) !== LOCAL_RECORD) throw new Error(`The header of '${name}' is damaged.`)

  const start = local + LOCAL_RECORD_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(start, start + packedSize)
  const data = unpack(packed, method, name, size)
  if (data.length !== size || crc32(data) !== zip.readUInt32LE(record + 16)) throw new Error(`'${name}' is damaged.`)
  return data
}

function unpack(packed: Buffer, method: number, name: string, size: number): Buffer {
  if (method === STORED) return packed
  // The size is the archive's claim: inflating stops there, so a claim that is too low cannot fill the memory.
  if (method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) })
  throw new Error(`'${name}' uses compression method ${method}, which is not supported.`)
}
