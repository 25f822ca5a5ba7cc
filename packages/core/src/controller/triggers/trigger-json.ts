import { parametersJson } from '../../model/activation-codec.ts'
import type { JsonObject } from '../../model/json.ts'
import { ruleLinksJson } from '../../model/trigger-codec.ts'
import type { Trigger } from '../../model/trigger.ts'

/** A trigger as the API shows it. */
export function triggerJson(trigger: Trigger): JsonObject {
  return {
    namespace: trigger.path,
    name: trigger.name,
    version: trigger.version,
    publish: trigger.publish,
    annotations: parametersJson(trigger.annotations),
    parameters: parametersJson(trigger.parameters),
    limits: {},
    updated: trigger.updated,
    ...(trigger.rules && { rules: ruleLinksJson(trigger.rules) }),
  }
}
