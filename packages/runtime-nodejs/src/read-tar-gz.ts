import { gunzipSync } from 'node:zlib'
import { type ArchiveEntry, MAX_ENTRIES, MAX_UNPACKED_BYTES } from './archive-entry.ts'

const BLOCK = 512

/** ustar with the long names of both GNU and pax. Devices and pipes are refused. */
export function* readTarGz(archive: Buffer): Generator<ArchiveEntry> {
  const tar = gunzipSync(archive, { maxOutputLength: MAX_UNPACKED_BYTES })
  let long: { path?: string; linkpath?: string; size?: string } = {}
  let count = 0

  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK)
    checkSum(header)
    if (++count > MAX_ENTRIES) throw new Error(`The archive has more than ${MAX_ENTRIES} entries.`)

    const type = String.fromCharCode(header[156]!)
    const size = long.size === undefined ? number(header, 124, 12) : Number(long.size)
    const data = tar.subarray(at + BLOCK, at + BLOCK + size)
    if (!Number.isSafeInteger(size) || size < 0 || data.length !== size) throw new Error('The archive is cut short.')
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK

    if (type === 'L') long = { ...long, path: text(data, 0, size) }
    else if (type === 'K') long = { ...long, linkpath: text(data, 0, size) }
    else if (type === 'x') long = { ...long, ...readPax(data) }
    // Attributes of the whole archive, and its label.
    else if (type !== 'g' && type !== 'V') {
      const name = long.path ?? shortName(header)
      yield toEntry(type, name, long.linkpath ?? text(header, 157, 100), number(header, 100, 8), data)
      long = {}
    }
  }
}

function toEntry(type: string, name: string, target: string, mode: number, data: Buffer): ArchiveEntry {
  switch (type) {
    case '\0':
    case '0':
    case '7':
      return name.endsWith('/') ? { kind: 'directory', name } : { kind: 'file', name, mode: mode & 0o777, data }
    case '1':
      return { kind: 'hardlink', name, target }
    case '2':
      return { kind: 'symlink', name, target }
    case '5':
      return { kind: 'directory', name }
    default:
      throw new Error(`'${name}' is of type '${type}', which is not supported.`)
  }
}

function shortName(header: Buffer): string {
  const name = text(header, 0, 100)
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Records read `<length> <key>=<value>\n`, where the length counts the whole record in bytes. */
function readPax(data: Buffer): Record<string, string> {
  const values: Record<string, string> = {}
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(32, at)
    const length = Number(data.toString('latin1', at, space))
    if (space < 0 || !(length > space - at)) throw new Error('An extended header is damaged.')
    const record = data.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    values[record.slice(0, equals)] = record.slice(equals + 1)
    at += length
  }
  return values
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start)
  return block.toString('utf8', start, end < 0 || end > start + length ? start + length : end)
}

function number(header: Buffer, start: number, length: number): number {
  // GNU tar writes what octal digits cannot hold as a binary number, marked by the top bit.
  if (header[start]! & 0x80) return header.readUIntBE(start + length - 6, 6)
  return Number.parseInt(text(header, start, length).trim() || '0', 8)
}

function checkSum(header: Buffer): void {
  let sum = 8 * 32
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!
  if (sum !== number(header, 148, 8)) throw new Error('A header of the archive is damaged.')
}
