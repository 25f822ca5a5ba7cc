const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/

/** Undefined when the text is not base64. Padding may be left out. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!ALPHABET.test(text)) return undefined
  const padded = text.endsWith('=')
  if (padded ? text.length % 4 !== 0 : text.length % 4 === 1) return undefined
  return Buffer.from(text, 'base64')
}
