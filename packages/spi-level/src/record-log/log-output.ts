import { writeSync } from 'node:fs'
import { frameFor } from '../entry-frame.ts'
import { encodeRecord, encodeRecordAt, type NewRecord } from './log-entry.ts'
import type { Reference } from './reference.ts'

/** Where entries are appended to, and behind which byte. */
interface Target {
  readonly segment: number
  readonly file: number
  readonly size: number
}

/** What is appended to a segment at once: small entries are gathered, and written together. */
export class LogOutput {
  readonly #target: Target
  readonly #gathered = frameFor(0)
  /** Bytes of `#gathered` that are not written yet; they are those before `end`. */
  #bytes = 0
  #end: number

  constructor(target: Target) {
    this.#target = target
    this.#end = target.size
  }

  /** Where the file ends, or will once all is written. */
  get end(): number {
    return this.#end
  }

  put(record: NewRecord): Reference {
    let end = encodeRecordAt(this.#gathered, this.#bytes, record)
    if (end === undefined && this.#bytes > 0) {
      this.flush()
      end = encodeRecordAt(this.#gathered, 0, record)
    }
    if (end === undefined) return this.write(encodeRecord(record.key, record.text))
    const reference = { segment: this.#target.segment, at: this.#end, bytes: end - this.#bytes }
    this.#bytes = end
    this.#end += reference.bytes
    return reference
  }

  /** An entry by itself. */
  write(entry: Buffer): Reference {
    this.flush()
    writeWhole(this.#target.file, entry, 0, entry.length, this.#end)
    const reference = { segment: this.#target.segment, at: this.#end, bytes: entry.length }
    this.#end += entry.length
    return reference
  }

  flush(): void {
    if (this.#bytes === 0) return
    writeWhole(this.#target.file, this.#gathered, 0, this.#bytes, this.#end - this.#bytes)
    this.#bytes = 0
  }
}

/** So many bytes from `start` on, to this place in the file. */
export function writeWhole(file: number, bytes: Buffer, start: number, length: number, position: number): void {
  for (let written = 0; written < length;) {
    written += writeSync(file, bytes, start + written, length - written, position + written)
  }
}
