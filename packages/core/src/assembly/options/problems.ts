import type * as z from '../../zod/index.ts'

/** Each wrong option with its rule, and what may have been meant by a name that is not known. */
export function problems(error: z.ZodError, schema: z.ZodType): string {
  return error.issues
    .flatMap((issue) => inside(issue))
    .map((issue) => {
      const place = issue.path.map(String).join('.') || 'options'
      const hint = issue.code === 'unrecognized_keys' ? didYouMean(issue.keys, keysAt(schema, issue.path)) : ''
      return `${place}: ${issue.message}${hint}`
    })
    .join('; ')
}

/** Of alternatives, what the one says that came nearest: it got furthest into what was given. */
function inside(issue: z.core.$ZodIssue, path: readonly PropertyKey[] = []): readonly z.core.$ZodIssue[] {
  const placed = { ...issue, path: [...path, ...issue.path] }
  if (issue.code !== 'invalid_union') return [placed]
  const deepest = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(...issues.map((each) => each.path.length + (each.code === 'unrecognized_keys' ? 1 : 0)))
  const [nearestBranch] = issue.errors.filter((issues) => issues.length > 0).toSorted((a, b) => deepest(b) - deepest(a))
  if (!nearestBranch || deepest(nearestBranch) === 0) return [placed]
  return nearestBranch.flatMap((each) => inside(each, placed.path))
}

/** What the unknown names may be slips of, as an addition to a message. */
export function didYouMean(unknown: readonly string[], known: readonly string[]): string {
  const meant = new Set(unknown.map((key) => nearest(key, known)).filter((key) => key !== undefined))
  return meant.size === 0 ? '' : ` (did you mean ${Array.from(meant, (key) => `"${key}"`).join(', ')}?)`
}

/** The known name that differs least from this one, unless all differ much. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3))
  const [best] = known
    .map((key) => ({ key, differs: distance(name.toLowerCase(), key.toLowerCase()) }))
    .filter(({ key, differs }) => differs <= most || sameStem(name.toLowerCase(), key.toLowerCase()))
    .toSorted((a, b) => a.differs - b.differs)
  return best?.key
}

/** A name without its unit, or a part of it, is meant for the whole. */
function sameStem(name: string, key: string): boolean {
  return name.length >= 4 && (key.startsWith(name) || name.startsWith(key))
}

/** Letters to insert, remove, replace or swap with their neighbour to make one of the other. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      let least = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (isSwap) least = Math.min(least, before[j - 2]! + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[to.length]!
}

/** What zod calls a definition, as far as it is looked into here. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, unknown>>
  readonly innerType?: unknown
  readonly in?: unknown
  readonly options?: readonly unknown[]
  readonly element?: unknown
  readonly valueType?: unknown
}

/** Names that the schema knows at a place within it. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const definition = (schema as { readonly def?: Definition } | undefined)?.def
  if (!definition) return []
  const { shape, innerType, in: input, options, element, valueType } = definition
  if (shape) {
    const [first, ...rest] = path
    return first === undefined ? Object.keys(shape) : keysAt(shape[String(first)], rest)
  }
  if (options) return options.flatMap((option) => keysAt(option, path))
  const inner = innerType ?? input
  if (inner !== undefined) return keysAt(inner, path)
  return path.length === 0 ? [] : keysAt(element ?? valueType, path.slice(1))
}
