import type { EntityId } from '../../model/entity-name.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import type { RuleStatus } from '../../model/trigger.ts'
import { optional, shown } from '../writes/json-readers.ts'
import { parseReference } from '../writes/parse-reference.ts'
import type { PutBody } from '../writes/put-content.ts'
import { parseVersionAndPublish, type HeadPut } from '../writes/put-fields.ts'
import { badContent } from '../http/http-error.ts'
import { notMatched, ruleStateUnknown, TEXTS } from '../http/texts.ts'

export interface RulePut extends HeadPut {
  readonly trigger?: EntityId
  readonly action?: EntityId
}

/** `_` as a namespace stands for `namespace`; a status is ignored. @throws HttpError 400 */
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

/** @throws HttpError 400 */
export function parseRuleState(json: JsonValue): RuleStatus {
  if (!isJsonObject(json)) throw badContent(notMatched(shown(json), classOf(json)))
  const { status } = json
  if (status === undefined) throw badContent(TEXTS.ruleStateMissing)
  if (typeof status !== 'string') throw badContent(notMatched(shown(status), classOf(status)))
  if (status === 'active' || status === 'inactive') return status
  throw badContent(ruleStateUnknown(status))
}

/** What OpenWhisk's JSON library calls the kind of a value. */
function classOf(json: JsonValue): string {
  if (json === null) return 'JsNull$'
  if (typeof json === 'boolean') return json ? 'JsTrue$' : 'JsFalse$'
  if (typeof json === 'string') return 'JsString'
  if (Array.isArray(json)) return 'JsArray'
  return isJsonObject(json) ? 'JsObject' : 'JsNumber'
}
