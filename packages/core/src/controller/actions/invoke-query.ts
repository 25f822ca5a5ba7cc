import { LRUCache } from 'lru-cache'
import { QueryParameters } from '../http/query-parameters.ts'
import type { QueryParameter } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'

export const INVOKE_PARAMETERS: readonly QueryParameter[] = [
  { name: 'blocking', type: 'boolean', description: 'Whether to wait for the result.' },
  { name: 'result', type: 'boolean', description: 'When waiting, answer with the result only.' },
  { name: 'timeout', type: 'integer', minimum: 1, description: 'How long to wait at most, milliseconds.' },
]

/** How an invocation is to be answered. */
export interface InvokeQuery {
  readonly blocking: boolean
  /** Of a finished activation only the result. */
  readonly resultOnly: boolean
  /** ms */
  readonly waitMs: number
}

const MAX_REMEMBERED = 1000

/** Reads the queries of invocations. Callers send few different ones, so those understood are remembered. */
export class InvokeQueries {
  readonly #maxWaitMs: number
  readonly #understood = new LRUCache<string, InvokeQuery>({ max: MAX_REMEMBERED })

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs
  }

  /** @throws Refusal wait-out-of-range; HttpError 400 */
  parse(rawQuery: string): InvokeQuery {
    const remembered = this.#understood.get(rawQuery)
    if (remembered) return remembered
    const query = parse(new QueryParameters(rawQuery), this.#maxWaitMs)
    this.#understood.set(rawQuery, query)
    return query
  }
}

function parse(query: QueryParameters, maxWaitMs: number): InvokeQuery {
  const blocking = query.boolean('blocking', false)
  const resultOnly = query.boolean('result', false)
  const timeout = query.text('timeout')
  const waitMs = timeout === undefined ? maxWaitMs : Number(timeout)
  if (timeout !== undefined && !(/^\+?\d+$/.test(timeout) && waitMs >= 1 && waitMs <= maxWaitMs)) {
    throw new Refusal('wait-out-of-range', { maxMs: maxWaitMs })
  }
  return { blocking, resultOnly, waitMs }
}
