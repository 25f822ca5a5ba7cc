import {
  contentAt,
  fitsUnmeasured,
  frameAt,
  framed,
  frameFor,
  HEADER_BYTES,
  scanFrames,
  type ScannedFrames,
} from '../entry-frame.ts'

/** First bytes of contents. */
const RECORD = 0x72
const MOVED = 0x6d
const BEGIN = 0x62
const TYPES = Buffer.from([RECORD, MOVED, BEGIN])
const RECORD_LETTER = String.fromCharCode(RECORD)
/** Behind a key; in none, as names are escaped. */
const KEY_END = 0
const KEY_END_LETTER = String.fromCharCode(KEY_END)

/** What a segment says of itself and of the one before. */
export interface Beginning {
  readonly type: 'begin'
  readonly segment: number
  /** Number of the segment before; 0 when there was none. */
  readonly previous: number
  /** Bytes of the segment before, which nothing is added to any more. */
  readonly previousBytes: number
}

/** A record, or a copy of one that stood in a segment which was given up. */
export interface LoggedRecord {
  readonly type: 'record' | 'moved'
  readonly key: string
  /** Bytes in UTF-8, of the file they were read from. */
  readonly text: Buffer
  /** Where the entry begins in what was scanned, and its whole length. */
  readonly at: number
  readonly bytes: number
}

export type LogEntry = Beginning | LoggedRecord

/** A record that is to be appended. */
export interface NewRecord {
  readonly key: string
  readonly text: string
}

/** The bytes of an entry; as of all these functions they stay as they are only until the next call. */
export function encodeRecord(key: string, text: string): Buffer {
  const units = key.length + text.length + 2
  const target = frameFor(fitsUnmeasured(units) ? units * 3 : Buffer.byteLength(key) + Buffer.byteLength(text) + 2)
  return framed(target, writeRecord(target, HEADER_BYTES, key, text))
}

/** Puts the entry at this place. Returns where it ends; undefined when there may not be room for it. */
export function encodeRecordAt(target: Buffer, at: number, { key, text }: NewRecord): number | undefined {
  if (!fitsUnmeasured(key.length + text.length + 2, target.length - at)) return undefined
  return frameAt(target, at, writeRecord(target, at + HEADER_BYTES, key, text))
}

/** Returns the length of the content. */
function writeRecord(target: Buffer, at: number, key: string, text: string): number {
  // In one piece, as each call into Node.js costs more than the letters do.
  return target.write(`${RECORD_LETTER}${key}${KEY_END_LETTER}${text}`, at)
}

export function encodeMoved({ key, text }: LoggedRecord): Buffer {
  const target = frameFor(Buffer.byteLength(key) + text.length + 2)
  target[HEADER_BYTES] = MOVED
  let end = HEADER_BYTES + 1
  end += target.write(key, end)
  target[end++] = KEY_END
  target.set(text, end)
  return framed(target, end + text.length - HEADER_BYTES)
}

export function encodeBeginning({ segment, previous, previousBytes }: Omit<Beginning, 'type'>): Buffer {
  const content = `b${segment} ${previous} ${previousBytes}`
  const target = frameFor(content.length)
  return framed(target, target.write(content, HEADER_BYTES))
}

/** The text of the record that is the whole of `entry`; undefined when that is damaged or another record. */
export function textOfEntry(entry: Buffer, key: string): string | undefined {
  const found = contentAt(entry, 0)
  if (found?.end !== entry.length) return undefined
  const record = readEntry(found.content, 0, found.end)
  return record && record.type !== 'begin' && record.key === key ? record.text.toString() : undefined
}

export function scanSegment(bytes: Buffer): ScannedFrames<LogEntry> {
  return scanFrames(bytes, TYPES, readEntry)
}

export function readEntry(content: Buffer, at: number, end: number): LogEntry | undefined {
  const type = content[0] ?? 0
  switch (type) {
    case RECORD:
    case MOVED: {
      const keyEnd = content.indexOf(KEY_END)
      if (keyEnd < 0) return undefined
      const key = content.toString('utf8', 1, keyEnd)
      const text = content.subarray(keyEnd + 1)
      return { type: type === MOVED ? 'moved' : 'record', key, text, at, bytes: end - at }
    }
    case BEGIN: {
      const [segment, previous, previousBytes] = content.toString('latin1', 1).split(' ').map(Number)
      return { type: 'begin', segment: segment!, previous: previous!, previousBytes: previousBytes! }
    }
    default:
      return undefined
  }
}
