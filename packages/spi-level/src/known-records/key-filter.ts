const BITS_PER_KEY = 10
const PROBES = 7
const WORD_BITS = 32
/** A prime below 2^32. */
const HASH_FACTOR = 0x01000193
const HASH_SEED = 0x811c9dc5
const STEP_FACTOR = 0x9e3779b1

/**
 * A set of keys that forgets which they were (a Bloom filter): it may take a key for one that was added, one in a hundred
 * while no more are added than it is made for, and never the other way round.
 */
export class KeyFilter {
  /** How many keys it is made for. */
  readonly capacity: number
  readonly #words: Uint32Array
  /** Bits for each hash: a remainder would cost ten times what a product does. */
  readonly #scale: number
  #added = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#words = new Uint32Array(Math.ceil((capacity * BITS_PER_KEY) / WORD_BITS))
    this.#scale = (this.#words.length * WORD_BITS) / 2 ** 32
  }

  /** Calls of {@link add}. */
  get added(): number {
    return this.#added
  }

  /** Memory. */
  get bytes(): number {
    return this.#words.byteLength
  }

  /** The key as {@link hashOfKey} has it. */
  add(hash: number): void {
    this.#added++
    const step = stepOf(hash)
    for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) | 0) {
      const bit = ((at >>> 0) * this.#scale) | 0
      this.#words[bit >>> 5]! |= 1 << (bit & 31)
    }
  }

  /** False only for a key that was never added. */
  mayHave(hash: number): boolean {
    const step = stepOf(hash)
    for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) | 0) {
      const bit = ((at >>> 0) * this.#scale) | 0
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
    }
    return true
  }
}

/** FNV-1a, with the mixing of MurmurHash3 at its end, as keys differ in few places: an integer of 32 bits. */
export function hashOfKey(key: string): number {
  let hash: number = HASH_SEED
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), HASH_FACTOR)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** From one place of a key to the next. */
function stepOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), STEP_FACTOR)
  return (mixed ^ (mixed >>> 13)) | 1
}
