import { isUtf8 } from 'node:buffer'

const BEYOND_ASCII = /[\u0080-\u00ff]/
const BEYOND_LATIN_1 = /[\u0100-\uffff]/

/** The value of a header as its sender meant it: node:http takes every byte for a letter of Latin-1. */
export function headerText(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

/** A value as node:http takes it: what Latin-1 has no letters for goes out in UTF-8. */
export function headerValue(text: string): string {
  return BEYOND_LATIN_1.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

export function isAsciiOnly(texts: readonly string[]): boolean {
  return !texts.some((text) => BEYOND_ASCII.test(text))
}
