import type { JsonValue } from './json.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Deeper JSON is let in nowhere, neither from callers nor from actions: what handles it later is recursive. */
export const MAX_JSON_DEPTH = 1000

/**
 * Whether JSON text nests arrays and objects deeper than `max`. Looks at bytes only and jumps over strings, so that
 * it may be asked before the text is parsed; text that is not JSON gets an arbitrary answer.
 */
export function isNestedDeeperThan(max: number, json: Buffer): boolean {
  if (json.length <= 2 * max) return false
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!
    if (byte === QUOTE) {
      at = endOfString(json, at)
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > max) return true
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--
    }
  }
  return false
}

/** Position of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(json: Buffer, start: number): number {
  for (let from = start + 1; ;) {
    const quote = json.indexOf(QUOTE, from)
    if (quote < 0) return json.length
    let backslashes = 0
    while (json[quote - 1 - backslashes] === BACKSLASH && quote - 1 - backslashes > start) backslashes++
    if (backslashes % 2 === 0) return quote
    from = quote + 1
  }
}

/** The same of a value; `json` is the text that it was read from. */
export function isValueNestedDeeperThan(max: number, value: JsonValue | undefined, json: string): boolean {
  // As many brackets must open and close.
  return json.length > 2 * max && reaches(max, value)
}

function reaches(left: number, value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  if (Array.isArray(value)) return value.some((item: JsonValue) => reaches(left - 1, item))
  for (const name in value) if (reaches(left - 1, (value as Record<string, JsonValue>)[name])) return true
  return false
}
