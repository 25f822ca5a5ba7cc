const QUOTE = 0x22
const BACKSLASH = 0x5c

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
