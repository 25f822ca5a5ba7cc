import { contentAt, contentLength, FRAME_BYTES, HEADER_BYTES } from '../entry-frame.ts'
import { readEntry, type LoggedRecord } from './log-entry.ts'
import type { SegmentFiles } from './segment-files.ts'

const CHUNK_BYTES = 1024 ** 2

/** The records of a segment, chunk by chunk, up to its end or to the first entry that cannot be read. */
export async function* walkSegment(
  files: SegmentFiles,
  segment: number,
  end: number,
): AsyncGenerator<readonly LoggedRecord[], void, undefined> {
  for (let at = 0; at < end;) {
    let bytes = await files.read(segment, at, Math.min(CHUNK_BYTES, end - at))
    const first = contentLength(bytes, 0)
    if (first === undefined || at + first + FRAME_BYTES > end) return
    if (first + FRAME_BYTES > bytes.length) bytes = await files.read(segment, at, first + FRAME_BYTES)
    const records: LoggedRecord[] = []
    let next = 0
    while (next + HEADER_BYTES < bytes.length) {
      const found = contentAt(bytes, next)
      const entry = found && readEntry(found.content, at + next, at + found.end)
      if (!entry) break
      if (entry.type !== 'begin') records.push(entry)
      next = found.end
    }
    if (next === 0) return
    yield records
    at += next
  }
}
