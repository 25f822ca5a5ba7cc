import { decodeUtf8, type DecodeBytes } from '../http/percent-decoding.ts'

const UTF_8 = /^utf-?8$/i
/** On the web this is a name of Windows-1252. */
const LATIN_1 = /^(?:iso-8859-1|iso_8859-1|latin1|l1)$/i
/** Node 20 decodes it as Latin-1. */
const WINDOWS_1252 = /^(?:windows-1252|(?:x-)?cp1252)$/i
/** What stands there where Latin-1 has control characters, from 0x80 on. */
const BESIDES_LATIN_1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'
// oxlint-disable-next-line no-control-regex -- these are what differs
const DIFFERENT = /[\u0080-\u009f]/g

/** Undefined when there is no such charset. */
export function decoderOf(charset: string | undefined): DecodeBytes | undefined {
  if (charset === undefined || UTF_8.test(charset)) return decodeUtf8
  if (LATIN_1.test(charset)) return decodeLatin1
  if (WINDOWS_1252.test(charset)) return decodeWindows1252
  try {
    const decoder = new TextDecoder(charset, { ignoreBOM: true })
    return (bytes) => decoder.decode(bytes)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function decodeLatin1(bytes: Buffer): string {
  return bytes.toString('latin1')
}

function decodeWindows1252(bytes: Buffer): string {
  return decodeLatin1(bytes).replaceAll(DIFFERENT, (letter) => BESIDES_LATIN_1[letter.charCodeAt(0) - 0x80]!)
}
