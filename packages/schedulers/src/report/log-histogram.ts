/** Values are told apart when they differ by this share or more. */
const GROWTH = 1.005
const SCALE = 1 / Math.log(GROWTH)

/** Counts of values 0 and up, from which percentiles follow to within half a percent, or 0.005 near 0. */
export class LogHistogram {
  #counts = new Float64Array(4096)
  #count = 0
  #sum = 0

  get count(): number {
    return this.#count
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  add(value: number): void {
    const bin = Math.round(Math.log1p(Math.max(0, value)) * SCALE)
    if (bin >= this.#counts.length) {
      const larger = new Float64Array(2 * bin)
      larger.set(this.#counts)
      this.#counts = larger
    }
    this.#counts[bin]!++
    this.#count++
    this.#sum += value
  }

  /** The value that the share of all do not exceed; 0 when there are none. */
  percentile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count))
    let sum = 0
    for (let bin = 0; bin < this.#counts.length; bin++) {
      sum += this.#counts[bin]!
      if (sum >= wanted) return Math.expm1(bin / SCALE)
    }
    return 0
  }
}
