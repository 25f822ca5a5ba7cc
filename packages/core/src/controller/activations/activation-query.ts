import { isEntityName, pathSegments } from '../../model/entity-name.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { ActivationQuery } from '../../store/activation-store.ts'
import { LIST_PARAMETERS, parseListQuery, type ListQuery } from '../entities/list-query.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { QueryParameter } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'

export interface ActivationListQuery extends ListQuery {
  /** Whole records rather than summaries. */
  readonly docs: boolean
  readonly filter: ActivationQuery
}

export const ACTIVATION_PARAMETERS: readonly QueryParameter[] = [
  ...LIST_PARAMETERS,
  { name: 'docs', type: 'boolean', description: 'Show whole records.' },
  { name: 'name', type: 'string', description: 'Only of this action, written `action` or `package/action`.' },
  { name: 'since', type: 'integer', description: 'Only started at this time or later, milliseconds since the epoch.' },
  { name: 'upto', type: 'integer', description: 'Only started at this time or earlier, milliseconds since the epoch.' },
]

const MAX_LONG = 2n ** 63n - 1n

/** @throws Refusal; HttpError 400 */
export function parseActivationQuery(rawQuery: string, namespace: string, limits: PlatformLimits): ActivationListQuery {
  const query = new QueryParameters(rawQuery)
  const list = parseListQuery(query, 'activations', limits)
  const docs = query.boolean('docs', false)
  const name = filterName(query)
  const since = moment(query, 'since')
  const upto = moment(query, 'upto')
  if (list.count && docs) throw new Refusal('docs-with-count')
  return {
    ...list,
    docs,
    filter: {
      namespace,
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      ...(upto === undefined ? {} : { upto }),
    },
  }
}

function filterName(query: QueryParameters): string | undefined {
  const value = query.text('name')
  if (value === undefined || value.trim() === '') return undefined
  const segments = pathSegments(value)
  const isName = segments.length > 0 && segments.length <= 2 && segments.every(isEntityName)
  if (!isName) throw new Refusal('activation-name-malformed', { value })
  return segments.join('/')
}

function moment(query: QueryParameters, param: 'since' | 'upto'): number | undefined {
  const value = query.text(param)
  if (value === undefined) return undefined
  if (!/^[+-]?\d{1,19}$/.test(value)) throw new Refusal('moment-malformed', { parameter: param, value })
  const long = BigInt(value.replace(/^\+/, ''))
  if (long > MAX_LONG || -long > MAX_LONG + 1n) throw new Refusal('moment-malformed', { parameter: param, value })
  // Nothing started before the epoch, or so late that a double could not tell.
  return Math.min(Math.max(0, Number(long)), Number.MAX_SAFE_INTEGER)
}
