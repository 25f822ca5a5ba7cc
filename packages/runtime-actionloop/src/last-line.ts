const NEWLINE = 10

/** Passes lines on but the last one that is not blank: that one is the result. */
export class LastLine {
  readonly #pass: (bytes: Buffer) => void
  readonly #maxBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  /** Blank lines do not make the line before them an ordinary one. */
  #blanks: Buffer[] = []
  /** The held text is a line with its end: whatever follows makes it an ordinary one. */
  #complete = false

  constructor(maxBytes: number, pass: (bytes: Buffer) => void) {
    this.#maxBytes = maxBytes
    this.#pass = pass
  }

  write(bytes: Buffer): void {
    let from = 0
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      this.#take(bytes.subarray(from, at + 1))
      this.#complete = true
      from = at + 1
    }
    if (from < bytes.length) this.#take(bytes.subarray(from))
  }

  /** The result, without its end. What is not taken for one must be passed on by the caller. */
  end(): Buffer {
    return Buffer.concat(this.#held)
  }

  #take(bytes: Buffer): void {
    if (this.#complete) {
      if (isBlank(bytes)) return void this.#blanks.push(Buffer.from(bytes))
      this.#release()
    }
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#maxBytes) this.#release()
  }

  #release(): void {
    for (const bytes of [...this.#held, ...this.#blanks]) this.#pass(bytes)
    this.#held = []
    this.#blanks = []
    this.#heldBytes = 0
    this.#complete = false
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === NEWLINE || byte === 13 || byte === 32 || byte === 9)
}
