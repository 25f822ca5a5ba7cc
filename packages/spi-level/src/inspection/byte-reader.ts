/** As LevelDB writes numbers. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Buffer.from([...bytes, value])
}

/** Reads the numbers and texts of LevelDB's files. @throws RangeError beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('number is too large')
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('beyond the end')
    return this.#bytes.subarray(this.#at, (this.#at += length))
  }

  text(): Buffer {
    return this.take(this.varint())
  }
}
