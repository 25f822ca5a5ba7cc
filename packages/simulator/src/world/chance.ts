import { SeededRandom } from '@stemcell/core'

/** Repeatable chance with a few words for what a simulation asks for. */
export class Chance extends SeededRandom {
  /** True this often in a thousand times. */
  perMille(share: number): boolean {
    return this.below(1_000) < share
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }
}

/** A stream of chance of its own for each purpose, so that what one draws changes nothing for the others. */
export function chanceOf(seed: number, purpose: string): Chance {
  let hash = seed >>> 0
  for (let at = 0; at < purpose.length; at++)
    hash = Math.imul(hash ^ purpose.charCodeAt(at), 0x9e3779b1) ^ (hash >>> 15)
  return new Chance(hash >>> 0)
}
