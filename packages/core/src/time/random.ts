/**
 * Random SPI: the only source of chance in core, so that a seeded run repeats exactly.
 * Identifiers and keys come from here too: an implementation used in production must be cryptographically strong.
 */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Uint8Array

  /** A uniformly distributed integer in [0, bound); `bound` is 1 to 2^31. */
  below(bound: number): number

  /** A random UUID, version 4, in the usual form with dashes. */
  uuid(): string

  /** The same as 32 hexadecimal digits, where it is to be had with less work than by taking the dashes out of `uuid()`. */
  hexId?(): string
}

/** A random UUID, version 4, without its dashes: an id of an activation or a transaction. */
export function randomId(random: Random): string {
  return random.hexId?.() ?? random.uuid().replaceAll('-', '')
}

const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const KEY_CODES = Buffer.from(KEY_ALPHABET)

/** `length` characters of [A-Za-z0-9], uniformly distributed: keys, tokens, transaction ids. */
export function randomText(random: Random, length: number): string {
  const text = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const bytes = random.bytes(length - filled + 8)
    for (let at = 0; at < bytes.length && filled < length; at++) {
      const byte = bytes[at]!
      // 248 is the largest multiple of 62 below 256: bytes above it would favour the first letters.
      if (byte < 248) text[filled++] = KEY_CODES[byte % 62]!
    }
  }
  return text.toString('latin1')
}
