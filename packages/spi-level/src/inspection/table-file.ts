import { varint } from './byte-reader.ts'
import { crc32c, masked } from './crc32c.ts'
import { BLOCK_TRAILER_BYTES, FOOTER_BYTES, MAGIC, type TableEntry } from './inspect-tables.ts'

const BLOCK_BYTES = 4096

/** A table of LevelDB with these entries, of which there is at least one. */
export function tableFile(entries: readonly TableEntry[]): Buffer {
  const parts: Buffer[] = []
  let at = 0
  const add = (content: Buffer): Buffer => {
    const handle = Buffer.concat([varint(at), varint(content.length)])
    const trailer = Buffer.alloc(BLOCK_TRAILER_BYTES)
    trailer.writeUInt32LE(masked(crc32c(Buffer.concat([content, trailer.subarray(0, 1)]))), 1)
    parts.push(content, trailer)
    at += content.length + trailer.length
    return handle
  }
  const index: TableEntry[] = []
  let block: TableEntry[] = []
  let bytes = 0
  for (const [number, entry] of entries.entries()) {
    block.push(entry)
    bytes += entry.key.length + entry.value.length
    if (bytes < BLOCK_BYTES && number < entries.length - 1) continue
    index.push({ key: entry.key, value: add(blockOf(block)) })
    block = []
    bytes = 0
  }
  const handles = Buffer.concat([add(blockOf([])), add(blockOf(index))])
  const footer = Buffer.alloc(FOOTER_BYTES)
  handles.copy(footer)
  MAGIC.copy(footer, FOOTER_BYTES - MAGIC.length)
  return Buffer.concat([...parts, footer])
}

/** Each entry has its whole key. */
function blockOf(entries: readonly TableEntry[]): Buffer {
  const parts: Buffer[] = []
  const restarts: number[] = []
  let at = 0
  for (const { key, value } of entries) {
    const entry = Buffer.concat([varint(0), varint(key.length), varint(value.length), key, value])
    restarts.push(at)
    parts.push(entry)
    at += entry.length
  }
  // An empty block has one, too.
  if (restarts.length === 0) restarts.push(0)
  const end = Buffer.alloc(4 * (restarts.length + 1))
  for (const [number, restart] of [...restarts, restarts.length].entries()) end.writeUInt32LE(restart, 4 * number)
  return Buffer.concat([...parts, end])
}
