import type { JsonObject, JsonValue } from './json.ts'
import { JsonNumber } from './json-number.ts'

/** A number that is not a short integer, or what looks like one inside of a text. */
const SUSPICIOUS = /(?:^|[[:,\s])(?:-0|-?\d{1,15}[.eE]|-?\d{16})/
const TEXT_OR_NUMBER = /"|-?\d[-+.\deE]*/g
const TOKEN = /["[\]{}]|-?\d[-+.\deE]*|true|false|null/g

/**
 * The value of a JSON text. Numbers that `JSON.stringify` would write otherwise become `JsonNumber`.
 * @throws SyntaxError `text` is not JSON.
 */
export function parseJson(text: string): JsonValue {
  const value = JSON.parse(text) as JsonValue
  return needsJsonNumber(text) ? parseExactly(text) : value
}

/** Whether `parseJson` of a text that is known to be JSON makes a `JsonNumber`; quicker than making it. */
export function needsJsonNumber(text: string): boolean {
  return SUSPICIOUS.test(text) && hasUnfaithfulNumber(text)
}

function isFaithful(number: string): boolean {
  return String(Number(number)) === number
}

/** Of a text that is known to be JSON. */
function hasUnfaithfulNumber(text: string): boolean {
  TEXT_OR_NUMBER.lastIndex = 0
  for (let token = TEXT_OR_NUMBER.exec(text); token; token = TEXT_OR_NUMBER.exec(text)) {
    if (token[0] === '"') TEXT_OR_NUMBER.lastIndex = endOfString(text, token.index)
    else if (!isFaithful(token[0])) return true
  }
  return false
}

/** Behind the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
}

/** Of a text that is known to be JSON, nested however deeply. */
function parseExactly(text: string): JsonValue {
  const outer: (JsonValue[] | JsonObject)[] = []
  const root: JsonValue[] = []
  let inner: JsonValue[] | JsonObject = root
  let name: string | undefined
  TOKEN.lastIndex = 0
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    const [token] = found
    let value: JsonValue
    if (token === ']' || token === '}') {
      inner = outer.pop()!
      continue
    } else if (token === '"') {
      TOKEN.lastIndex = endOfString(text, found.index)
      value = JSON.parse(text.slice(found.index, TOKEN.lastIndex)) as string
      if (name === undefined && !Array.isArray(inner)) {
        name = value
        continue
      }
    } else if (token === '[') value = []
    else if (token === '{') value = {}
    else if (token === 'true') value = true
    else if (token === 'false') value = false
    else if (token === 'null') value = null
    else value = isFaithful(token) ? Number(token) : new JsonNumber(token)

    if (Array.isArray(inner)) inner.push(value)
    else setMember(inner, name!, value)
    name = undefined
    if (token === '[' || token === '{') {
      outer.push(inner)
      inner = value as JsonValue[] | JsonObject
    }
  }
  return root[0]!
}

/** Also of a member called `__proto__`. */
function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
  } else object[name] = value
}
