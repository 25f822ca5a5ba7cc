const BITS_PER_KEY = 10
const PROBES = 7
const WORD_BITS = 32
/** A prime below 2^32. */
const HASH_FACTOR = 0x01000193
const SEEDS = [0x811c9dc5, 0x9e3779b1] as const

/**
 * A set of keys that forgets which they were (a Bloom filter): it may take a key for one that was added, one in a hundred
 * while no more are added than it is made for, and never the other way round.
 */
export class KeyFilter {
  /** How many keys it is made for. */
  readonly capacity: number
  readonly #words: Uint32Array
  readonly #bits: number
  #added = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#words = new Uint32Array(Math.ceil((capacity * BITS_PER_KEY) / WORD_BITS))
    this.#bits = this.#words.length * WORD_BITS
  }

  /** Calls of {@link add}. */
  get added(): number {
    return this.#added
  }

  /** Memory. */
  get bytes(): number {
    return this.#words.byteLength
  }

  add(key: string): void {
    this.#added++
    const step = hashOf(key, SEEDS[1]) | 1
    let hash = hashOf(key, SEEDS[0])
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (hash >>> 0) % this.#bits
      this.#words[bit >>> 5]! |= 1 << (bit & 31)
      hash = (hash + step) | 0
    }
  }

  /** False only for a key that was never added. */
  mayHave(key: string): boolean {
    const step = hashOf(key, SEEDS[1]) | 1
    let hash = hashOf(key, SEEDS[0])
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (hash >>> 0) % this.#bits
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
      hash = (hash + step) | 0
    }
    return true
  }
}

/** FNV-1a, with the mixing of MurmurHash3 at its end, as keys differ in few places. */
function hashOf(key: string, seed: number): number {
  let hash: number = seed
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), HASH_FACTOR)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
