import { isJsonObject, type JsonValue } from '../../model/json.ts'
import { optional } from '../writes/json-readers.ts'
import type { PutBody } from '../writes/put-content.ts'
import { parseVersionAndPublish } from '../writes/put-fields.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { TriggerPut } from './trigger-service.ts'

/** @throws Refusal */
export function parseTriggerPut({ body, content: { parameters, annotations } }: PutBody): TriggerPut {
  optional(body['limits'], requireNoLimits)
  return { ...parseVersionAndPublish(body), ...(parameters && { parameters }), ...(annotations && { annotations }) }
}

/** A trigger has no limits: any object says so. */
function requireNoLimits(json: JsonValue): void {
  if (!isJsonObject(json)) throw new Refusal('trigger-limits-malformed')
}
