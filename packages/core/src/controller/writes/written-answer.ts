import type { JsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type { ApiOptions } from '../parts/api-options.ts'
import { jsonAnswer, NO_CONTENT, OK, type Answer } from '../http/answer.ts'

/** What follows a PUT: the entity, unless the platform was told that nobody reads it. */
export function putAnswer({ requireResponsePayload = true }: ApiOptions, entity: JsonObject): Answer {
  return requireResponsePayload ? jsonAnswer(200, stringifyJson(entity)) : OK
}

/** What follows a DELETE: the entity that was, unless the platform was told that nobody reads it. */
export function deletedAnswer({ requireResponsePayload = true }: ApiOptions, entity: JsonObject): Answer {
  return requireResponsePayload ? jsonAnswer(200, stringifyJson(entity)) : NO_CONTENT
}
