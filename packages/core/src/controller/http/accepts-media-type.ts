const RANGE = /^[ \t]*([^\s;,/]+)\/([^\s;,/]+)[ \t]*(;.*)?$/
const REFUSED = /;[ \t]*q=0(?:\.0*)?[ \t]*(?:;|$)/

/**
 * Whether an `Accept` header admits a content type: the most specific range that matches decides. A header without
 * any readable range says nothing.
 */
export function acceptsMediaType(accept: string | undefined, contentType: string): boolean {
  if (accept === undefined || accept === '*/*' || accept === contentType) return true
  const [essence = ''] = contentType.split(';', 1)
  const mainType = essence.slice(0, essence.indexOf('/'))
  let readable = false
  let best = 0
  let admitted = false
  for (const part of accept.toLowerCase().split(',')) {
    const range = RANGE.exec(part)
    if (!range) continue
    readable = true
    const [, main, sub, parameters = ''] = range
    const specificity = matchOf(`${main}/${sub}`, essence, mainType)
    if (specificity <= best) continue
    best = specificity
    admitted = !REFUSED.test(parameters)
  }
  return admitted || !readable
}

/** 0: none; the higher, the closer. */
function matchOf(range: string, essence: string, mainType: string): number {
  if (range === essence) return 3
  if (range === `${mainType}/*`) return 2
  return range === '*/*' ? 1 : 0
}
