import type { JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type { EntityIndex } from '../../store/entity-store.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call } from '../http/route.ts'
import { parseListQuery } from './list-query.ts'

export interface Listing {
  /** How the API calls what is listed. */
  readonly collection: 'actions' | 'triggers' | 'rules' | 'packages'
  readonly index: EntityIndex
  /** Namespace or package. */
  readonly path: string
  /** What is shown of a row. Default: its value. */
  readonly show?: (value: JsonValue) => JsonValue
}

/** Answers a listing, the latest written first, or how many entries there are. @throws Refusal; HttpError 400 */
export async function listEntities(
  { parts }: { readonly parts: Pick<ControllerParts, 'entityStore' | 'limits'> },
  call: Call,
  { collection, index, path, show = (value) => value }: Listing,
): Promise<Answer> {
  const { entityStore, limits } = parts
  const { skip, limit, count } = parseListQuery(new QueryParameters(call.rawQuery), collection, limits)
  if (count) {
    const total = await entityStore.count({ index, partition: path })
    return jsonAnswer(200, JSON.stringify({ [collection]: Math.max(0, total - skip) }))
  }
  const rows = await entityStore.list({ index, partition: path, descending: true, skip, limit })
  return jsonAnswer(200, stringifyJson(rows.map(({ value }) => show(value))))
}
