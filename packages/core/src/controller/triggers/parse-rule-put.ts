import type { EntityId } from '../../model/entity-name.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import type { RuleStatus } from '../../model/trigger.ts'
import { optional, shown } from '../writes/json-readers.ts'
import { parseReference } from '../writes/parse-reference.ts'
import type { PutBody } from '../writes/put-content.ts'
import { parseVersionAndPublish, type HeadPut } from '../writes/put-fields.ts'
import { Refusal } from '../refusals/refusal.ts'

export interface RulePut extends HeadPut {
  readonly trigger?: EntityId
  readonly action?: EntityId
}

/** `_` as a namespace stands for `namespace`; a status is ignored. @throws Refusal */
export function parseRulePut({ body, content: { annotations } }: PutBody, namespace: string): RulePut {
  const trigger = optional(body['trigger'], (json) => parseReference(json, namespace))
  const action = optional(body['action'], (json) => parseReference(json, namespace))
  return {
    ...parseVersionAndPublish(body),
    ...(annotations && { annotations }),
    ...(trigger && { trigger }),
    ...(action && { action }),
  }
}

/** @throws Refusal */
export function parseRuleState(json: JsonValue): RuleStatus {
  if (!isJsonObject(json)) throw new Refusal('rule-state-malformed', { json: shown(json), type: classOf(json) })
  const { status } = json
  if (status === undefined) throw new Refusal('rule-state-missing')
  if (typeof status !== 'string')
    throw new Refusal('rule-state-malformed', { json: shown(status), type: classOf(status) })
  if (status === 'active' || status === 'inactive') return status
  throw new Refusal('rule-state-unknown', { state: status })
}

/** What OpenWhisk's JSON library calls the kind of a value. */
function classOf(json: JsonValue): string {
  if (json === null) return 'JsNull$'
  if (typeof json === 'boolean') return json ? 'JsTrue$' : 'JsFalse$'
  if (typeof json === 'string') return 'JsString'
  if (Array.isArray(json)) return 'JsArray'
  return isJsonObject(json) ? 'JsObject' : 'JsNumber'
}
