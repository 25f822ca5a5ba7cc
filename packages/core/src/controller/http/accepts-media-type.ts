import { LRUCache } from 'lru-cache'

const RANGE = /^[ \t]*([^\s;,/]+)\/([^\s;,/]+)[ \t]*(;.*)?$/
const REFUSED = /;[ \t]*q=0(?:\.0*)?[ \t]*(?:;|$)/

/** A part of an `Accept` header, in lower case. */
interface Range {
  readonly main: string
  readonly sub: string
  readonly isRefused: boolean
}

/** Clients send few different headers, so those that were read are remembered. */
const read = new LRUCache<string, readonly Range[]>({ max: 1000 })
/** Longer ones are rare, and not to be kept. */
const MAX_REMEMBERED = 512

/**
 * Whether an `Accept` header admits a content type: the most specific range that matches decides. A header without
 * any readable range says nothing.
 */
export function acceptsMediaType(accept: string | undefined, contentType: string): boolean {
  if (accept === undefined || accept === '*/*' || accept === contentType) return true
  const ranges = rangesOf(accept)
  const semicolon = contentType.indexOf(';')
  const end = semicolon < 0 ? contentType.length : semicolon
  const slash = contentType.slice(0, end).indexOf('/')
  const mainType = contentType.slice(0, slash)
  const subType = contentType.slice(slash + 1, end)
  let best = 0
  let admitted = ranges.length === 0
  for (const range of ranges) {
    const specificity = matchOf(range, mainType, subType)
    if (specificity <= best) continue
    best = specificity
    admitted = !range.isRefused
  }
  return admitted
}

/** 0: none; the higher, the closer. */
function matchOf({ main, sub }: Range, mainType: string, subType: string): number {
  if (main === mainType) {
    if (sub === subType) return 3
    if (sub === '*') return 2
  }
  return main === '*' && sub === '*' ? 1 : 0
}

function rangesOf(accept: string): readonly Range[] {
  const remembered = read.get(accept)
  if (remembered) return remembered
  const ranges: Range[] = []
  for (const part of accept.toLowerCase().split(',')) {
    const range = RANGE.exec(part)
    if (!range) continue
    const [, main = '', sub = '', parameters = ''] = range
    ranges.push({ main, sub, isRefused: REFUSED.test(parameters) })
  }
  if (accept.length <= MAX_REMEMBERED) read.set(accept, ranges)
  return ranges
}
