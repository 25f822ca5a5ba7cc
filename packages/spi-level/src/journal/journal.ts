import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../to-platform-error.ts'
import { encodeEntry, scanJournal, type JournalEntry, type ScannedJournal } from './journal-entry.ts'

/** LevelDB leaves files alone whose names it does not know. */
const FILE = 'activations.journal'

/**
 * A file beside the database that entries are appended to in a few microseconds each. What was appended survives the
 * death of the process, as it is with the operating system; nothing is done for a loss of power.
 * All calls are synchronous and throw the system's error. The lock of the database must be held.
 */
export class Journal {
  readonly #path: string
  readonly #newPath: string
  #file: number | undefined
  #size = 0
  /** An append failed, and what it left could not be cut off. */
  #torn = false

  constructor(dir: string) {
    this.#path = join(dir, FILE)
    this.#newPath = `${this.#path}.new`
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** What an earlier life left. To be followed by {@link replace}. */
  read(): ScannedJournal {
    rmSync(this.#newPath, { force: true })
    try {
      return scanJournal(readFileSync(this.#path))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { entries: [], damagedAt: [], tornBytes: 0 }
      throw error
    }
  }

  append(entry: JournalEntry): void {
    this.#file ??= openSync(this.#path, 'w', 0o600)
    if (this.#torn) this.#cutOff(this.#file)
    const bytes = encodeEntry(entry)
    try {
      writeWhole(this.#file, bytes, this.#size)
    } catch (error) {
      this.#torn = true
      throw error
    }
    this.#size += bytes.length
  }

  /** From here on the journal holds these entries and no other, or what it held before when this throws. */
  replace(entries: Iterable<JournalEntry>): void {
    const file = openSync(this.#newPath, 'w', 0o600)
    let size = 0
    try {
      for (const entry of entries) {
        const bytes = encodeEntry(entry)
        writeWhole(file, bytes, size)
        size += bytes.length
      }
      renameSync(this.#newPath, this.#path)
    } catch (error) {
      closeSync(file)
      throw error
    }
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = file
    this.#size = size
    this.#torn = false
  }

  close(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    if (this.#size === 0) rmSync(this.#path, { force: true })
  }

  #cutOff(file: number): void {
    ftruncateSync(file, this.#size)
    this.#torn = false
  }
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
  }
}
