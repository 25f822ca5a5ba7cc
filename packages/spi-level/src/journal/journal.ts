import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { HighWaterMark } from '../high-water-mark.ts'
import { codeOf } from '../to-platform-error.ts'
import { encodeEntry, scanJournal, type JournalEntry, type ScannedJournal } from './journal-entry.ts'

/** LevelDB leaves files alone whose names it does not know. */
const FILE = 'activations.journal'

/**
 * A file beside the database that entries are appended to in a few microseconds each. What was appended survives the
 * death of the process, as it is with the operating system; nothing is done for a loss of power. The first entry is the
 * number of the journal, and the mark says how much of which one was acknowledged.
 * All calls are synchronous and throw the system's error. The lock of the database must be held.
 */
export class Journal {
  readonly #path: string
  readonly #newPath: string
  readonly #mark: HighWaterMark
  #file: number | undefined
  #number = 0
  #size = 0
  /** Where what was appended last begins. */
  #lastAt = 0
  /** An append failed: what it left is cut off, and what is before it read again, before the next one. */
  #torn = false

  constructor(dir: string, mark: HighWaterMark) {
    this.#path = join(dir, FILE)
    this.#newPath = `${this.#path}.new`
    this.#mark = mark
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** What an earlier life left. To be followed by {@link begin} and {@link replace}. */
  read(): ScannedJournal {
    rmSync(this.#newPath, { force: true })
    try {
      return scanJournal(readFileSync(this.#path))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { entries: [], damagedAt: [], wholeBytes: 0, tornBytes: 0 }
      throw error
    }
  }

  /** `number` is that of the journal an earlier life left. */
  begin(number: number): void {
    this.#number = number
  }

  /** All of them, with one write. */
  append(entries: readonly JournalEntry[]): void {
    if (this.#file === undefined) this.#start()
    const file = this.#file!
    if (this.#torn) this.#mend(file)
    const bytes = encoded(entries)
    const size = this.#size + bytes.length
    try {
      writeWhole(file, bytes, this.#size)
      this.#mark.journaledSoon(this.#number, size)
    } catch (error) {
      this.#torn = true
      throw error
    }
    this.#lastAt = this.#size
    this.#size = size
  }

  /** From here on the journal holds these entries and no other, or what it held before when this throws. */
  replace(entries: Iterable<JournalEntry>): void {
    const file = openSync(this.#newPath, 'w+', 0o600)
    let size = 0
    let lastAt = 0
    try {
      for (const entry of this.#numbered(entries)) {
        const bytes = encodeEntry(entry)
        writeWhole(file, bytes, size)
        lastAt = size
        size += bytes.length
      }
      renameSync(this.#newPath, this.#path)
    } catch (error) {
      closeSync(file)
      // Where there is no room, it must not take what is left.
      rmSync(this.#newPath, { force: true })
      throw error
    }
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = file
    this.#number++
    this.#size = size
    this.#lastAt = lastAt
    this.#torn = false
    this.#mark.journaled(this.#number, size)
  }

  /** Needs nothing that is in it any more. */
  clear(): void {
    this.#mark.journaled(this.#number, 0)
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
    this.#size = 0
    this.#torn = false
    rmSync(this.#path, { force: true })
  }

  close(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
  }

  *#numbered(entries: Iterable<JournalEntry>): Generator<JournalEntry> {
    yield { type: 'begin', number: this.#number + 1 }
    yield* entries
  }

  #start(): void {
    this.#file = openSync(this.#path, 'w+', 0o600)
    this.#number++
    this.#size = 0
    this.#torn = false
    this.append([{ type: 'begin', number: this.#number }])
  }

  #mend(file: number): void {
    ftruncateSync(file, this.#size)
    const last = Buffer.alloc(this.#size - this.#lastAt)
    const read = readSync(file, last, 0, last.length, this.#lastAt)
    const { damagedAt, wholeBytes } = scanJournal(last.subarray(0, read))
    if (fstatSync(file).size !== this.#size || wholeBytes !== last.length || damagedAt.length > 0) {
      throw new Error(`what was acknowledged is not in ${this.#path} any more`)
    }
    this.#torn = false
  }
}

function encoded(entries: readonly JournalEntry[]): Buffer {
  if (entries.length === 1) return encodeEntry(entries[0]!)
  return Buffer.concat(entries.map((entry) => Buffer.from(encodeEntry(entry))))
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
  }
}
