/** Counts of idle times in bins of equal width. Every question costs the same, however many there were. */
export class IdleHistogram {
  readonly #binMs: number
  readonly #bins: Uint32Array
  #inBounds = 0
  #outOfBounds = 0
  /** Of the squares of the counts: the variation follows from it. */
  #squares = 0
  #window: readonly [number, number] | undefined

  constructor(binMs: number, rangeMs: number) {
    this.#binMs = binMs
    this.#bins = new Uint32Array(Math.ceil(rangeMs / binMs))
  }

  /** Idle times so far. */
  get count(): number {
    return this.#inBounds + this.#outOfBounds
  }

  /** Those that were too long for the bins. */
  get outOfBounds(): number {
    return this.#outOfBounds
  }

  /** Coefficient of variation of the counts: 0 where all bins have as many, high where few have most. */
  get variation(): number {
    if (this.#inBounds === 0) return 0
    const mean = this.#inBounds / this.#bins.length
    return Math.sqrt(Math.max(0, this.#squares / this.#bins.length - mean * mean)) / mean
  }

  add(idleMs: number): void {
    const bin = Math.floor(idleMs / this.#binMs)
    if (bin >= this.#bins.length) {
      this.#outOfBounds++
      return
    }
    this.#squares += 2 * this.#bins[bin]! + 1
    this.#bins[bin]!++
    this.#inBounds++
    this.#window = undefined
  }

  /** The bins in which the sum of the counts reaches the shares `head` and `tail` of all that are in bounds. */
  window(head: number, tail: number): readonly [headBin: number, tailBin: number] {
    return (this.#window ??= [this.#binOf(head), this.#binOf(tail)])
  }

  #binOf(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#inBounds))
    let sum = 0
    for (let bin = 0; bin < this.#bins.length; bin++) {
      sum += this.#bins[bin]!
      if (sum >= wanted) return bin
    }
    return this.#bins.length - 1
  }
}
