import { DEFAULT_NAMESPACE, isEntityName, pathSegments, type EntityId } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type { RuleStatus } from '../../model/trigger.ts'
import { optional, parseHeadPut, type HeadPut } from '../entities/put-fields.ts'
import { badContent } from '../http/http-error.ts'
import { ruleStateUnknown, TEXTS } from '../http/texts.ts'

export interface RulePut extends HeadPut {
  readonly trigger?: EntityId
  readonly action?: EntityId
}

/** `_` as a namespace stands for `namespace`; a status is ignored. @throws HttpError 400, 413 */
export function parseRulePut(body: JsonObject, namespace: string, maxParameterBytes: number): RulePut {
  const trigger = optional(body['trigger'], (json) => parseReference(json, namespace, 2))
  const action = optional(body['action'], (json) => parseReference(json, namespace, 3))
  return { ...parseHeadPut(body, maxParameterBytes), ...(trigger && { trigger }), ...(action && { action }) }
}

/** @throws HttpError 400 */
export function parseRuleState(body: JsonObject): RuleStatus {
  const { status } = body
  if (status === undefined) throw badContent(TEXTS.ruleStateMissing)
  if (status === 'active' || status === 'inactive') return status
  throw badContent(ruleStateUnknown(typeof status === 'string' ? status : stringifyJson(status)))
}

function parseReference(json: JsonValue, namespace: string, maxSegments: number): EntityId {
  const segments = nameSegments(json)
  if (segments === undefined) throw badContent(TEXTS.referenceMalformed)
  if (segments.length < 2) throw badContent(TEXTS.nameIncomplete)
  if (segments.length > maxSegments || !segments.every(isEntityName)) throw badContent(TEXTS.nameIllegal)
  const [root = '', ...rest] = segments
  const name = rest.pop() ?? ''
  return { path: [root === DEFAULT_NAMESPACE ? namespace : root, ...rest].join('/'), name }
}

/** A name is a text, or an object of path and name. */
function nameSegments(json: JsonValue): string[] | undefined {
  if (typeof json === 'string') return pathSegments(json)
  if (!isJsonObject(json)) return undefined
  const { path, name } = json
  return typeof path === 'string' && typeof name === 'string' ? [...pathSegments(path), name] : undefined
}
