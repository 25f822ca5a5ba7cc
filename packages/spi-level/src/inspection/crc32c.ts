const POLYNOMIAL = 0x82f63b78
const TABLE = Array.from({ length: 8 }, () => new Int32Array(256))

for (let index = 0; index < 256; index++) {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  TABLE[0]![index] = crc
}
for (let index = 0; index < 256; index++) {
  for (let table = 1; table < 8; table++) {
    const before = TABLE[table - 1]![index]!
    TABLE[table]![index] = (before >>> 8) ^ TABLE[0]![before & 255]!
  }
}
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLE as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** CRC-32C, the one of LevelDB, which Node.js does not have: eight bytes at a step. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1
  let at = start
  for (const whole = end - ((end - start) & 7); at < whole; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      T7[crc & 255]! ^
      T6[(crc >>> 8) & 255]! ^
      T5[(crc >>> 16) & 255]! ^
      T4[crc >>> 24]! ^
      T3[bytes[at + 4]!]! ^
      T2[bytes[at + 5]!]! ^
      T1[bytes[at + 6]!]! ^
      T0[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}

/** The state of a digest after one more byte; -1 before the first, and the digest is what remains when it is inverted. */
export function crcStep(crc: number, byte: number): number {
  return (crc >>> 8) ^ T0[(crc ^ byte) & 255]!
}

/** LevelDB stores its digests rotated and with something added. */
export function masked(digest: number): number {
  return (((digest >>> 15) | (digest << 17)) + 0xa282ead8) >>> 0
}

export function unmasked(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}
