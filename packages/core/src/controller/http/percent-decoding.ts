/** Turns bytes into text. */
export type DecodeBytes = (bytes: Buffer) => string

const MALFORMED = /%(?![0-9a-fA-F]{2})/
const ESCAPED_BYTES = /(?:%[0-9a-fA-F]{2})+/g

export const decodeUtf8: DecodeBytes = (bytes) => bytes.toString('utf8')

/**
 * A name or value of a query or a form. Bytes that are no text in the charset are replaced, as OpenWhisk does.
 * Undefined when a `%` is followed by anything but two hexadecimal digits.
 */
export function decodeField(text: string, decodeBytes: DecodeBytes = decodeUtf8): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  if (MALFORMED.test(spaced)) return undefined
  return spaced.replaceAll(ESCAPED_BYTES, (run) => decodeBytes(Buffer.from(run.replaceAll('%', ''), 'hex')))
}
