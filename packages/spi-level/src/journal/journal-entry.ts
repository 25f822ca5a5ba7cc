import { crc32 } from 'node:zlib'

/** What the journal says, in the order in which it happened. Texts are records as `activationText` makes them. */
export type JournalEntry =
  | { readonly type: 'begin'; readonly number: number }
  | { readonly type: 'put'; readonly text: string }
  | { readonly type: 'provisional'; readonly owner: string; readonly text: string }
  | { readonly type: 'discarded'; readonly key: string }

/** The same as it is written: a record may be bytes of UTF-8 already. */
export type NewEntry = JournalEntry | { readonly type: 'put'; readonly utf8: Uint8Array }

/** Hexadecimal: 8 digits of CRC-32 over what follows the header, 8 digits of its length in bytes. */
const HEADER_BYTES = 16
const HEADER = /^[0-9a-f]{16}$/
const END = 0x0a
/** First bytes behind a header. */
const TYPES = Buffer.from('pfwb')
const PUT = TYPES[0]!

const scratch = Buffer.allocUnsafe(64 * 1024)

/** The bytes of an entry; they stay as they are only until the next call. */
export function encodeEntry(entry: NewEntry): Buffer {
  if ('utf8' in entry) {
    const { utf8 } = entry
    const target = targetFor(utf8.length + 1)
    target[HEADER_BYTES] = PUT
    target.set(utf8, HEADER_BYTES + 1)
    return whole(target, utf8.length + 1)
  }
  const content = contentOf(entry)
  // A UTF-16 unit takes at most three bytes.
  const most = content.length * 3
  const target = targetFor(most <= scratch.length ? most : Buffer.byteLength(content))
  return whole(target, target.write(content, HEADER_BYTES))
}

function targetFor(contentBytes: number): Buffer {
  const bytes = contentBytes + HEADER_BYTES + 1
  return bytes <= scratch.length ? scratch : Buffer.allocUnsafe(bytes)
}

/** The entry around the content that is in its place. */
function whole(target: Buffer, length: number): Buffer {
  const end = HEADER_BYTES + length
  target.write(digits(crc32(target.subarray(HEADER_BYTES, end))) + digits(length), 0, 'latin1')
  target[end] = END
  return target.subarray(0, end + 1)
}

export interface ScannedJournal {
  readonly entries: readonly JournalEntry[]
  /** Where something cannot be read although whole entries follow it. */
  readonly damagedAt: readonly number[]
  /** Up to the end of the last whole entry. */
  readonly wholeBytes: number
  /** Behind the last whole entry: what was being written when the process died. */
  readonly tornBytes: number
}

export function scanJournal(bytes: Buffer): ScannedJournal {
  const entries: JournalEntry[] = []
  const damagedAt: number[] = []
  let at = 0
  let wholeBytes = 0
  while (at < bytes.length) {
    const found = entryAt(bytes, at)
    if (found) {
      entries.push(found.entry)
      at = wholeBytes = found.end
      continue
    }
    const next = nextEntry(bytes, at)
    if (next === undefined) return { entries, damagedAt, wholeBytes, tornBytes: bytes.length - at }
    damagedAt.push(at)
    at = next
  }
  return { entries, damagedAt, wholeBytes, tornBytes: 0 }
}

function nextEntry(bytes: Buffer, from: number): number | undefined {
  for (let at = from + 1; at + HEADER_BYTES < bytes.length; at++) {
    if (TYPES.includes(bytes[at + HEADER_BYTES]!) && entryAt(bytes, at)) return at
  }
  return undefined
}

function entryAt(bytes: Buffer, at: number): { readonly entry: JournalEntry; readonly end: number } | undefined {
  const header = bytes.toString('latin1', at, at + HEADER_BYTES)
  if (!HEADER.test(header)) return undefined
  const start = at + HEADER_BYTES
  const end = start + Number.parseInt(header.slice(8), 16)
  if (end >= bytes.length || bytes[end] !== END) return undefined
  const content = bytes.subarray(start, end)
  if (crc32(content) !== Number.parseInt(header.slice(0, 8), 16)) return undefined
  const entry = readContent(content.toString())
  return entry && { entry, end: end + 1 }
}

function contentOf(entry: JournalEntry): string {
  switch (entry.type) {
    case 'put':
      return `p${entry.text}`
    case 'provisional':
      return `f${entry.owner.length}:${entry.owner}${entry.text}`
    case 'discarded':
      return `w${entry.key}`
    case 'begin':
      return `b${entry.number}`
  }
}

function readContent(content: string): JournalEntry | undefined {
  const rest = content.slice(1)
  switch (content.charAt(0)) {
    case 'p':
      return { type: 'put', text: rest }
    case 'f': {
      const colon = rest.indexOf(':')
      const ownerEnd = colon + 1 + Number(rest.slice(0, colon))
      return { type: 'provisional', owner: rest.slice(colon + 1, ownerEnd), text: rest.slice(ownerEnd) }
    }
    case 'w':
      return { type: 'discarded', key: rest }
    case 'b':
      return { type: 'begin', number: Number(rest) }
    default:
      return undefined
  }
}

function digits(number: number): string {
  return number.toString(16).padStart(8, '0')
}
