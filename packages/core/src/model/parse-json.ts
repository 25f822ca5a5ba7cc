import type { JsonObject, JsonValue } from './json.ts'
import { JsonNumber } from './json-number.ts'

/** A number that is not a short integer, or what looks like one inside of a text. */
const SUSPICIOUS = /(?:^|[[:,\s])(?:-0|-?\d{1,15}[.eE]|-?\d{16})/
const TEXT_OR_NUMBER = /"|-?\d[-+.\deE]*/g

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
  // The most frequent ones, of few digits or with a zero at the end of a fraction, are told without reading them.
  if (number.length < 16 && /^-?[1-9]\d*$/.test(number)) return true
  if (/\.\d*0$/.test(number)) return false
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
  let at = 0
  while (at < text.length) {
    const first = text[at]!
    let end = at + 1
    let value: JsonValue
    switch (first) {
      case ']':
      case '}':
        inner = outer.pop()!
        at = end
        continue
      case '"':
        end = endOfString(text, at)
        value = stringOf(text, at, end)
        if (name !== undefined || Array.isArray(inner)) break
        name = value
        at = end
        continue
      case '[':
        value = []
        break
      case '{':
        value = {}
        break
      case 't':
        value = true
        end = at + 4
        break
      case 'f':
        value = false
        end = at + 5
        break
      case 'n':
        value = null
        end = at + 4
        break
      default: {
        if (!isInNumber(text.charCodeAt(at))) {
          at = end
          continue
        }
        while (isInNumber(text.charCodeAt(end))) end++
        const number = text.slice(at, end)
        value = isFaithful(number) ? Number(number) : new JsonNumber(number)
      }
    }
    at = end
    if (Array.isArray(inner)) inner.push(value)
    else setMember(inner, name!, value)
    name = undefined
    if (first === '[' || first === '{') {
      outer.push(inner)
      inner = value as JsonValue[] | JsonObject
    }
  }
  return root[0]!
}

const ZERO = 0x30
const NINE = 0x39
const [PLUS, MINUS, POINT] = [0x2b, 0x2d, 0x2e]
const [SMALL_E, LARGE_E] = [0x65, 0x45]

function isInNumber(code: number): boolean {
  if (code >= ZERO && code <= NINE) return true
  return code === PLUS || code === MINUS || code === POINT || code === SMALL_E || code === LARGE_E
}

function stringOf(text: string, start: number, end: number): string {
  const inside = text.slice(start + 1, end - 1)
  return inside.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inside
}

/** Also of a member called `__proto__`. */
function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
  } else object[name] = value
}
