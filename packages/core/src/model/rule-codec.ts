import { DocumentFields, documentTail } from './document-fields.ts'
import { entityIdJson, readEntityId } from './entity-name.ts'
import type { JsonObject } from './json.ts'
import type { Rule } from './rule.ts'

/** The document of a rule, as OpenWhisk writes it. */
export function ruleDocument(rule: Rule): JsonObject {
  return {
    namespace: rule.path,
    name: rule.name,
    trigger: entityIdJson(rule.trigger),
    action: entityIdJson(rule.action),
    ...documentTail(rule, 'rule'),
  }
}

/** True for documents of rules, among all that share the id space. */
export function isRuleDocument(document: JsonObject): boolean {
  const { entityType } = document
  return entityType === undefined ? 'trigger' in document : entityType === 'rule'
}

/** Old rules name trigger and action without a namespace: that of the rule. @throws ERR_CORRUPT */
export function readRule(document: JsonObject): Rule {
  const fields = new DocumentFields('rule', document)
  const head = fields.head()
  const trigger = readEntityId(document['trigger'], head.path)
  const action = readEntityId(document['action'], head.path)
  if (!trigger) throw fields.corrupt('trigger')
  if (!action) throw fields.corrupt('action')
  return { ...head, trigger, action }
}
