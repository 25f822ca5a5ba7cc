/** Upper bounds of the classes of a latency distribution, ms; each is a quarter more than the one before. */
export const LATENCY_BOUNDS: readonly number[] = Array.from({ length: 68 }, (_, index) => 0.1 * 1.25 ** index)

const LOG_STEP = Math.log(1.25)
const LAST = LATENCY_BOUNDS.length - 1

/** The class of a time in ms. What is above the last bound, about five minutes, is in the last class. */
export function latencyClass(ms: number): number {
  if (!(ms > 0.1)) return 0
  return Math.min(LAST, Math.ceil(Math.log(ms * 10) / LOG_STEP - 1e-9))
}

/** Counts by class, those that are not 0: class and count alternate. */
export type Distribution = readonly number[]

export function sparse(counts: Uint32Array): Distribution {
  const pairs: number[] = []
  for (const [index, count] of counts.entries()) if (count > 0) pairs.push(index, count)
  return pairs
}

/** Adds several distributions up. */
export function sum(distributions: readonly Distribution[]): Distribution {
  if (distributions.length === 1) return distributions[0]!
  const counts = new Uint32Array(LATENCY_BOUNDS.length)
  for (const pairs of distributions) {
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const index = Math.min(LAST, Math.max(0, pairs[at]!))
      counts[index]! += pairs[at + 1]!
    }
  }
  return sparse(counts)
}
