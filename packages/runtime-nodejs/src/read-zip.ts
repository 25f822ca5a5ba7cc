import { isUtf8 } from 'node:buffer'
import { crc32, inflateRawSync } from 'node:zlib'
import { type ArchiveEntry, MAX_ENTRIES, MAX_UNPACKED_BYTES } from './archive-entry.ts'
import { DIRECTORY_RECORD, findDirectory, placeOf } from './zip-directory.ts'

const DIRECTORY_RECORD_BYTES = 46
const LOCAL_RECORD = 0x04034b50
const LOCAL_RECORD_BYTES = 30
const STORED = 0
const DEFLATED = 8
const FILE_TYPE = 0o170000
const FOLDER = 0o040000
const FILE = 0o100000
const SYMLINK = 0o120000
/** Written on a system that has no modes, and marks folders by a bit of its own. */
const DOS = 0
const DOS_FOLDER = 0x10

/** Reads by the central directory, which is what other tools trust; local headers only say where the data begins. */
export function* readZip(zip: Buffer): Generator<ArchiveEntry> {
  const { at: start, count } = findDirectory(zip)
  if (count > MAX_ENTRIES) throw new Error(`The archive has more than ${MAX_ENTRIES} entries.`)

  let at = start
  let unpacked = 0
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_RECORD) throw new Error('The central directory is damaged.')
    const nameLength = zip.readUInt16LE(at + 28)
    const extraLength = zip.readUInt16LE(at + 30)
    const system = zip[at + 5]
    const attributes = zip.readUInt32LE(at + 38)
    const mode = attributes >>> 16
    const type = mode & FILE_TYPE
    const afterName = at + DIRECTORY_RECORD_BYTES + nameLength
    const name = nameOf(zip.subarray(at + DIRECTORY_RECORD_BYTES, afterName), system)

    if (name.endsWith('/') || type === FOLDER || (system === DOS && attributes & DOS_FOLDER)) {
      yield { kind: 'directory', name }
    } else {
      if (type !== 0 && type !== FILE && type !== SYMLINK)
        throw new Error(`'${name}' is neither file, folder nor link.`)
      const extra = zip.subarray(afterName, afterName + extraLength)
      const data = readData(zip, at, extra, name, MAX_UNPACKED_BYTES - unpacked)
      unpacked += data.length
      if (type === SYMLINK) yield { kind: 'symlink', name, target: data.toString() }
      else yield { kind: 'file', name, mode: mode & 0o777, data }
    }
    at = afterName + extraLength + zip.readUInt16LE(at + 32)
  }
}

/** Old tools write names in a code page of their own, and some of Windows write them with its separator. */
function nameOf(bytes: Buffer, system: number | undefined): string {
  const name = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
  return system === DOS && !name.includes('/') ? name.replaceAll('\\', '/') : name
}

function readData(zip: Buffer, record: number, extra: Buffer, name: string, budget: number): Buffer {
  const flags = zip.readUInt16LE(record + 8)
  const method = zip.readUInt16LE(record + 10)
  if (flags & 1) throw new Error(`'${name}' is encrypted.`)
  const { size, packedSize, offset } = placeOf(zip, record, extra)
  if (size > budget) throw new Error(`The archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes.`)
  if (zip.readUInt32LE(offset) !== LOCAL_RECORD) throw new Error(`The header of '${name}' is damaged.`)

  const start = offset + LOCAL_RECORD_BYTES + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28)
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
