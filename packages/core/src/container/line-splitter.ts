/**
 * A line, or a part of one that is too long to be held: `first` and `last` tell which of its ends it includes.
 * `bytes` is valid only during the call.
 */
export type LinePart = (bytes: Buffer, first: boolean, last: boolean) => void

const NEWLINE = 10
/** Longest line that is handed over whole. */
const MAX_HELD_BYTES = 131_072
/** Stays back when a part is handed over, so that a mark of up to this length is never torn in two. */
const HELD_BACK_BYTES = 1_024

/** Cuts a byte stream into lines with bounded memory, whatever arrives. */
export class LineSplitter {
  readonly #onPart: LinePart
  #held: Buffer[] = []
  #heldBytes = 0
  #first = true

  constructor(onPart: LinePart) {
    this.#onPart = onPart
  }

  write(chunk: Buffer): void {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, at)
      if (this.#heldBytes === 0) this.#onPart(rest, this.#first, true)
      else this.#onPart(this.#release(rest), this.#first, true)
      this.#first = true
      from = at + 1
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from))
  }

  /** Hands over a line that has no end. */
  end(): void {
    if (this.#heldBytes > 0 || !this.#first) this.#onPart(this.#release(Buffer.alloc(0)), this.#first, true)
    this.#first = true
  }

  #hold(rest: Buffer): void {
    // A copy: a few bytes must not keep the whole chunk alive.
    this.#held.push(Buffer.from(rest))
    this.#heldBytes += rest.length
    if (this.#heldBytes <= MAX_HELD_BYTES) return
    const line = this.#release(Buffer.alloc(0))
    const split = line.length - HELD_BACK_BYTES
    this.#onPart(line.subarray(0, split), this.#first, false)
    this.#first = false
    this.#held = [Buffer.from(line.subarray(split))]
    this.#heldBytes = HELD_BACK_BYTES
  }

  #release(rest: Buffer): Buffer {
    const line = this.#held.length === 1 && rest.length === 0 ? this.#held[0]! : Buffer.concat([...this.#held, rest])
    this.#held = []
    this.#heldBytes = 0
    return line
  }
}
