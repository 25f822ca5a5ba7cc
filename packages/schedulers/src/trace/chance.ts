import type { Random } from '@stemcell/core'

/** In [0, 1). */
export function uniform(random: Random): number {
  return random.below(2 ** 31) / 2 ** 31
}

/** With mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - uniform(random))
}

/** With mean 0 and variance 1. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random))
}

/** Puts the values in any order. */
export function shuffled<T>(values: T[], random: Random): T[] {
  for (let at = values.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const held = values[at]!
    values[at] = values[other]!
    values[other] = held
  }
  return values
}
