import type { Readable } from 'node:stream'

const NEWLINE = 10
/** The longest reply that is kept; the platform's own limit is far below. */
export const MAX_REPLY_BYTES: number = 64 * 1024 * 1024

/** Reads descriptor 3: one line for each question. */
export class ReplyLines {
  readonly #unasked: (line: string) => void
  #parts: Buffer[] = []
  #size = 0
  #waiting: ((line: string | undefined) => void) | undefined
  #closed = false

  /** `unasked` gets lines that answer no question: kept, one would pass for the answer to the next. */
  constructor(stream: Readable, unasked: (line: string) => void) {
    this.#unasked = unasked
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    stream.once('close', () => this.close())
  }

  /** The next line; undefined when there will be none. */
  next(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  close(): void {
    this.#closed = true
    this.#settle(undefined)
  }

  #take(bytes: Buffer): void {
    let from = 0
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      this.#parts.push(bytes.subarray(from, at))
      const line = Buffer.concat(this.#parts).toString()
      this.#parts = []
      this.#size = 0
      from = at + 1
      if (this.#waiting) this.#settle(line)
      else this.#unasked(line)
    }
    this.#size += bytes.length - from
    this.#parts.push(bytes.subarray(from))
    if (this.#size > MAX_REPLY_BYTES) {
      this.#parts = []
      this.close()
    }
  }

  #settle(line: string | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(line)
  }
}
