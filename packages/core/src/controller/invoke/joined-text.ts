import type { JsonText } from '../../model/json-text.ts'

const OBJECT = /^[\t\n\r ]*\{/
const END = /^[\t\n\r ]*\}/
const ESCAPE = '\\'

/**
 * False when it is sure, by its text alone, that the payload is an object, or none, that has none of the names, which
 * are given as `quotedText` writes them.
 */
export function mayName(payload: JsonText | undefined, quotedNames: readonly string[]): payload is JsonText {
  if (payload === undefined) return false
  const { text } = payload
  if (!OBJECT.test(text) || text.includes(ESCAPE)) return true
  return quotedNames.some((name) => text.includes(name))
}

/** One object of both: `under` is the text of one with members, without its end. They have no name in common. */
export function joined(under: string, payload: JsonText | undefined): string {
  if (payload === undefined) return `${under}}`
  const given = payload.text
  const rest = given.slice(given.indexOf('{') + 1)
  return END.test(rest) ? under + rest : `${under},${rest}`
}
