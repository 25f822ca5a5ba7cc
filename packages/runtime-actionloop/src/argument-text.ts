const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/**
 * The member `value` of a call as compact JSON, with its numbers as they were written: `2.0` and long integers are not
 * what JavaScript would make of them. The body is known to be a JSON object; undefined when it has no such member.
 */
export function argumentText(body: string): string | undefined {
  let depth = 0
  let name: string | undefined
  let isName = false
  let parts: string[] = []
  let found: string | undefined
  for (const [token] of body.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth--
    if (depth === 0 || (depth === 1 && token === ',')) {
      if (name === 'value') found = parts.join('')
      parts = []
      isName = true
    } else if (depth === 1 && isName) {
      name = JSON.parse(token) as string
      isName = false
    } else if (depth > 1 || token !== ':') {
      parts.push(token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token)
    }
    if (token === '{' || token === '[') depth++
  }
  return found
}
