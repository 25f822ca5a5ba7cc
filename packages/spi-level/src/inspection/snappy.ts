import { ByteReader } from './byte-reader.ts'

/** Undoes Snappy's compression, which LevelDB uses and Node.js does not have. @throws RangeError it is damaged. */
export function uncompress(bytes: Buffer): Buffer {
  const reader = new ByteReader(bytes)
  const length = reader.varint()
  // A reference of 3 bytes makes at most 64.
  if (length > bytes.length * 64) throw new RangeError('more than can be in it')
  const result = Buffer.alloc(length)
  let at = 0
  while (!reader.isAtEnd) {
    const tag = reader.take(1)[0]!
    if ((tag & 3) === 0) {
      const short = tag >>> 2
      const literal = reader.take((short < 60 ? short : reader.take(short - 59).readUIntLE(0, short - 59)) + 1)
      if (at + literal.length > length) throw new RangeError('more than was said')
      at += literal.copy(result, at)
      continue
    }
    const size = (tag & 3) === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const offset = offsetOf(tag, reader)
    if (offset === 0 || offset > at || at + size > length) throw new RangeError('refers to what is not there')
    // What is copied may reach into what the copy makes.
    for (let copied = 0; copied < size; copied++, at++) result[at] = result[at - offset]!
  }
  if (at !== length) throw new RangeError('less than was said')
  return result
}

function offsetOf(tag: number, reader: ByteReader): number {
  switch (tag & 3) {
    case 1:
      return ((tag >>> 5) << 8) | reader.take(1)[0]!
    case 2:
      return reader.take(2).readUInt16LE()
    default:
      return reader.take(4).readUInt32LE()
  }
}
