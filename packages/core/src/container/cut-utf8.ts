/** The longest start of `bytes`, UTF-8 text, that has at most `limit` bytes and ends between two characters. */
export function cutUtf8<T extends Uint8Array>(bytes: T, limit: number): T {
  if (bytes.length <= limit) return bytes
  let end = Math.max(0, limit)
  // Bytes 10xxxxxx continue a character; no character has more than three of them.
  for (let back = 0; back < 3 && end > 0 && (bytes[end]! & 0xc0) === 0x80; back++) end--
  return bytes.subarray(0, end) as T
}
