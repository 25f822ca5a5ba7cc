/** Splits a line as a shell does: blanks part words, quotes keep them together, `\` takes the next character as it is. */
export function words(line: string): { readonly text: string; readonly literal: boolean }[] {
  const found: { text: string; literal: boolean }[] = []
  let text = ''
  let begun = false
  let literal = false
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (quote === "'") {
      if (char === "'") quote = ''
      else text += char
    } else if (char === '\\' && at + 1 < line.length) {
      const next = line[++at]!
      text += quote === '"' && !'"\\$'.includes(next) ? `\\${next}` : next
      begun = true
    } else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
      begun = true
      literal ||= char === "'"
    } else if (quote === '' && /\s/.test(char)) {
      if (begun) found.push({ text, literal })
      text = ''
      begun = false
      literal = false
    } else {
      text += char
      begun = true
    }
  }
  if (quote !== '') throw new Error(`a ${quote} is not closed`)
  if (begun) found.push({ text, literal })
  return found
}

/** What a value on a command line means: JSON where it is some, else text. As `wsk -p` reads it. */
export function valueOf(text: string): import('./model.ts').JsonValue {
  try {
    return JSON.parse(text) as import('./model.ts').JsonValue
  } catch {
    return text
  }
}
