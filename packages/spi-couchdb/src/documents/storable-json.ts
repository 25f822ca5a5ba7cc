import { withNumberTexts } from './exact-numbers.ts'

const SURROGATE = /\\u[dD][89a-fA-F]/
/** A pair of surrogates, half of one, or any other escape sequence. */
const ESCAPE = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\[^]/g
const HALF_PAIR = 6

const GREAT_EXPONENT = /\d[eE]\+?\d{3}/
/** A text, or a number with a positive exponent. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?[eE]\+?\d+/g

/**
 * A document as CouchDB takes it and keeps its numbers, see `withNumberTexts`. CouchDB refuses two things that are
 * JSON: halves of surrogate pairs, as UTF-8 has none, become U+FFFD; numbers beyond the largest that there is become
 * null in their place.
 */
export function storableJson(json: string): string {
  const wellFormed = SURROGATE.test(json)
    ? json.replaceAll(ESCAPE, (escape) => (escape.length === HALF_PAIR ? '\\ufffd' : escape))
    : json
  const text = withNumberTexts(wellFormed)
  if (!GREAT_EXPONENT.test(text)) return text
  return text.replaceAll(TEXT_OR_NUMBER, (token) =>
    token.startsWith('"') || Number.isFinite(Number(token)) ? token : 'null',
  )
}
