/**
 * The fields of a query or of a form. Of a repeated name the last value counts; an empty piece between two `&` is no
 * field. Undefined when the percent-encoding is malformed.
 */
export function parseFields(text: string): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>()
  if (text === '') return fields
  try {
    for (const pair of text.split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      if (equals < 0) fields.set(decode(pair), '')
      else fields.set(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)))
    }
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
  return fields
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced
}
