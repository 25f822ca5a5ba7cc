import { createReadStream } from 'node:fs'
import { PlatformError } from '@stemcell/core'
import type { Content, RootFsEntry } from '../root-fs.ts'

const BLOCK = 512
const TYPES = { file: '0', link: '2', folder: '5' } as const

/**
 * The entries as a POSIX ustar archive, in the given order. Owners are root and times are the epoch, so that equal
 * entries give equal bytes.
 * @throws ERR_CONFIG a path is too long for the format, or a file changed while it was read.
 */
export async function* tar(entries: Iterable<RootFsEntry>): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    const bytes = entry.type === 'file' ? bytesOf(entry.content) : 0
    yield headerOf(entry, bytes)
    if (entry.type !== 'file') continue
    yield* read(entry.content)
    const rest = bytes % BLOCK
    if (rest > 0) yield Buffer.alloc(BLOCK - rest)
  }
  yield Buffer.alloc(2 * BLOCK)
}

function bytesOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.bytes
}

async function* read(content: Content): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(content)) {
    yield content
    return
  }
  let done = 0
  for await (const chunk of createReadStream(content.file, { highWaterMark: 1_048_576 })) {
    done += (chunk as Buffer).length
    yield chunk as Buffer
  }
  if (done !== content.bytes) throw new PlatformError('ERR_CONFIG', `${content.file} changed while it was read`)
}

function headerOf(entry: RootFsEntry, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  const { name, prefix } = splitPath(entry)
  const target = entry.type === 'link' ? entry.target : ''
  if (Buffer.byteLength(target) > 100) throw tooLong(target)
  header.write(name, 0)
  header.write(octal(entry.mode, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(bytes, 11), 124)
  header.write(octal(0, 11), 136)
  header.fill(' ', 148, 156)
  header.write(TYPES[entry.type], 156)
  header.write(target, 157)
  header.write('ustar\x0000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return header
}

/** A long path is cut at a slash into at most 155 bytes and at most 100. */
function splitPath({ path, type }: RootFsEntry): { readonly name: string; readonly prefix: string } {
  const whole = path.replace(/^\/+/, '') + (type === 'folder' ? '/' : '')
  if (Buffer.byteLength(whole) <= 100) return { name: whole, prefix: '' }
  for (let at = whole.indexOf('/'); at >= 0 && at < whole.length - 1; at = whole.indexOf('/', at + 1)) {
    const name = whole.slice(at + 1)
    const prefix = whole.slice(0, at)
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix }
  }
  throw tooLong(path)
}

function tooLong(path: string): PlatformError {
  return new PlatformError('ERR_CONFIG', `the path is too long for an image: ${path}`)
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
