/** A part of a path: text, or a parameter in braces. */
const PART = /\{[^/{}]+\}|[^{}]+/g

/**
 * Base path and path of an operation as the router writes them; parameters are called by their place, so that paths
 * which match the same requests are equal. Undefined when braces or an asterisk stand where none can.
 */
export function pathPattern(basePath: string, path: string): string | undefined {
  const whole = (basePath.replace(/\/+$/, '') + path).replace(/(?<=.)\/+$/, '')
  const segments: string[] = []
  let parameters = 0
  for (const segment of whole.split('/')) {
    const parts: readonly string[] = segment.match(PART) ?? []
    if (parts.join('') !== segment) return undefined
    const isWhole = parts.length === 1
    let previousIsParameter = false
    let pattern = ''
    for (const part of parts) {
      const isParameter = part.startsWith('{')
      if (isParameter && previousIsParameter) return undefined
      if (isParameter) pattern += isWhole ? `:p${parameters++}` : `:p${parameters++}([^/]+?)`
      else if (part.includes('*')) return undefined
      else pattern += part.replaceAll(':', '::')
      previousIsParameter = isParameter
    }
    segments.push(pattern)
  }
  return segments.join('/')
}
