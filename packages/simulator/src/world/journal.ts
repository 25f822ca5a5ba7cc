/** How many of the latest lines are kept for who wants to read what led to a violation. */
const KEPT = 400

/**
 * What happened, in order. Two runs are the same when their hashes are: every line goes into it, with its time.
 */
export class Journal {
  readonly #now: () => number
  readonly #latest: string[] = []
  #low = 0x811c9dc5
  #high = 0x01000193
  #count = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Lines written so far. */
  get count(): number {
    return this.#count
  }

  note(line: string): void {
    this.#count++
    const text = `${this.#now()} ${line}`
    let [low, high] = [this.#low, this.#high]
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      low = Math.imul(low ^ code, 0x01000193)
      high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 13)
    }
    this.#low = low
    this.#high = high
    this.#latest.push(text)
    if (this.#latest.length >= 2 * KEPT) this.#latest.splice(0, KEPT)
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** The latest lines, `about` those that contain the text. */
  latest(about = ''): readonly string[] {
    return this.#latest.filter((line) => line.includes(about))
  }
}
