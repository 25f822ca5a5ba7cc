const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A value as Python's `print` shows it: texts as they are, but quoted inside a list. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : literal(value)
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${literal(item)}`)
      .join(', ')}}`
  }
  return JSON.stringify(value)
}

/** In double quotes only where that saves an escape. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character)
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote
}
