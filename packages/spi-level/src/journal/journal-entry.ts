import { fitsUnmeasured, framed, frameFor, HEADER_BYTES, scanFrames, type ScannedFrames } from '../entry-frame.ts'

/** What the journal says, in the order in which it happened. Texts are records as `activationText` makes them. */
export type JournalEntry =
  | { readonly type: 'begin'; readonly number: number }
  /** Only in journals of format 4 and before: records have a log of their own since. */
  | { readonly type: 'put'; readonly text: string }
  | { readonly type: 'provisional'; readonly owner: string; readonly text: string }
  | { readonly type: 'discarded'; readonly key: string }

/** First bytes of contents. */
const TYPES = Buffer.from('pfwb')

/** The bytes of an entry; they stay as they are only until the next call. */
export function encodeEntry(entry: JournalEntry): Buffer {
  const content = contentOf(entry)
  const target = frameFor(fitsUnmeasured(content.length) ? content.length * 3 : Buffer.byteLength(content))
  return framed(target, target.write(content, HEADER_BYTES))
}

export type ScannedJournal = ScannedFrames<JournalEntry>

export function scanJournal(bytes: Buffer): ScannedJournal {
  return scanFrames(bytes, TYPES, readContent)
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

function readContent(bytes: Buffer): JournalEntry | undefined {
  const content = bytes.toString()
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
