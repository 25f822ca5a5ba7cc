import { open, readFile, type FileHandle } from 'node:fs/promises'
import { findEntry, indexedBytes, type Extent } from './block-index.ts'
import { isSystemError, type LogFile } from './log-files.ts'

const CHUNK_BYTES = 1024 ** 2

/** The lines of an activation in a file as they are written there; undefined when it has none, or is gone by now. */
export async function findBlock(file: LogFile, activationId: string): Promise<Buffer | undefined> {
  // The index first: what it tells of is in the file already.
  const index = await unlessGone(readFile(file.index))
  const log = await unlessGone(open(file.log, 'r'))
  if (!log) return undefined
  try {
    const mark = markOf(activationId)
    const extent = index && findEntry(index, activationId)
    const { size } = await log.stat()
    if (extent && extent.offset + extent.length <= size) {
      const block = await read(log, extent)
      if (block.length === extent.length && isBlockOf(block, mark)) return block
    }
    // An index that says nothing wrong is believed; after its end, and without it, the file itself is looked through.
    const from = index && !extent ? indexedBytes(index, size) : 0
    return await scan(log, mark, from)
  } finally {
    await log.close()
  }
}

/** As JSON has it, and as no text within JSON can have it: there, quotes are escaped. */
function markOf(activationId: string): Buffer {
  return Buffer.from(`"activationId":${JSON.stringify(activationId)}`)
}

/** Begins and ends with a line of the activation, so that nothing of another one is cut. */
function isBlockOf(block: Buffer, mark: Buffer): boolean {
  return block.at(-1) === 10 && block.subarray(0, block.indexOf(10)).includes(mark)
}

/** All lines with the mark, in their order. */
async function scan(log: FileHandle, mark: Buffer, from: number): Promise<Buffer | undefined> {
  const found: Buffer[] = []
  let rest: Buffer = Buffer.alloc(0)
  for (let at = from; ;) {
    const chunk = await read(log, { offset: at, length: CHUNK_BYTES })
    if (chunk.length === 0) break
    at += chunk.length
    const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const end = text.lastIndexOf(10) + 1
    collect(text.subarray(0, end), mark, found)
    rest = text.subarray(end)
  }
  return found.length > 0 ? Buffer.concat(found) : undefined
}

function collect(lines: Buffer, mark: Buffer, found: Buffer[]): void {
  for (let at = lines.indexOf(mark); at >= 0;) {
    const begin = lines.lastIndexOf(10, at) + 1
    const end = lines.indexOf(10, at) + 1
    found.push(lines.subarray(begin, end))
    at = lines.indexOf(mark, end)
  }
}

/** Shorter where the file ends. */
async function read(file: FileHandle, { offset, length }: Extent): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
