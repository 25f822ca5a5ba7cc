import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { QueryParameters } from '../http/query-parameters.ts'
import type { QueryParameter } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'

/** What every listing takes. */
export interface ListQuery {
  readonly skip: number
  readonly limit: number
  /** Only how many there are is asked for. */
  readonly count: boolean
}

const MAX_INTEGER = 2 ** 31 - 1

export const LIST_PARAMETERS: readonly QueryParameter[] = [
  {
    name: 'limit',
    type: 'integer',
    minimum: 0,
    maximum: MAX_INTEGER,
    description: 'Number of entries at most; 0 for as many as one listing may have.',
  },
  {
    name: 'skip',
    type: 'integer',
    minimum: 0,
    maximum: MAX_INTEGER,
    description: 'Number of entries to leave out at the start.',
  },
  { name: 'count', type: 'boolean', description: 'Answer only how many entries there are.' },
]

const INTEGER = /^[+-]?\d+$/

/** `collection` is how the texts of errors call it. @throws Refusal; HttpError 400 */
export function parseListQuery(
  query: QueryParameters,
  collection: string,
  { listDefault, listMax }: Pick<PlatformLimits, 'listDefault' | 'listMax'>,
): ListQuery {
  const skip = integer(query, 'skip', 0, collection)
  if (skip < 0) throw new Refusal('list-skip-negative', { value: skip, collection })
  const limit = integer(query, 'limit', listDefault, collection)
  if (limit < 0 || limit > listMax)
    throw new Refusal('list-limit-out-of-range', { value: limit, max: listMax, collection })
  return { skip, limit: limit === 0 ? listMax : limit, count: query.boolean('count', false) }
}

function integer(query: QueryParameters, name: string, fallback: number, collection: string): number {
  const text = query.text(name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (!INTEGER.test(text) || Math.abs(value) > MAX_INTEGER)
    throw new Refusal('list-number-malformed', { parameter: name, value: text, collection })
  return value
}
