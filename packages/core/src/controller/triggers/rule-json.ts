import { parametersJson } from '../../model/activation-codec.ts'
import { entityIdJson, readEntityId } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import type { Rule } from '../../model/rule.ts'
import type { RuleStatus } from '../../model/trigger.ts'

/** A rule as the API shows it. */
export function ruleJson(rule: Rule, status: RuleStatus): JsonObject {
  return {
    namespace: rule.path,
    name: rule.name,
    version: rule.version,
    publish: rule.publish,
    annotations: parametersJson(rule.annotations),
    updated: rule.updated,
    status,
    trigger: entityIdJson(rule.trigger),
    action: entityIdJson(rule.action),
  }
}

/** A row of the index as a listing shows it: old documents may refer to trigger and action by bare names. */
export function listedRule(row: JsonValue): JsonValue {
  if (!isJsonObject(row)) return row
  const namespace = typeof row['namespace'] === 'string' ? row['namespace'] : ''
  const trigger = readEntityId(row['trigger'], namespace)
  const action = readEntityId(row['action'], namespace)
  return { ...row, ...(trigger && { trigger: entityIdJson(trigger) }), ...(action && { action: entityIdJson(action) }) }
}
