import { parametersJson } from './activation-codec.ts'
import { DocumentFields, documentTail } from './document-fields.ts'
import { entityIdJson, readEntityId } from './entity-name.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isJsonObject } from './json.ts'
import type { RuleLink, Trigger } from './trigger.ts'

/** The document of a trigger, as OpenWhisk writes it. */
export function triggerDocument(trigger: Trigger): JsonObject {
  return {
    namespace: trigger.path,
    name: trigger.name,
    parameters: parametersJson(trigger.parameters),
    limits: {},
    ...(trigger.rules && { rules: ruleLinksJson(trigger.rules) }),
    ...documentTail(trigger, 'trigger'),
  }
}

export function ruleLinksJson(rules: ReadonlyMap<string, RuleLink>): JsonObject {
  return Object.fromEntries(
    [...rules].map(([id, { action, status }]) => [id, { action: entityIdJson(action), status }]),
  )
}

/** True for documents of triggers, among all that share the id space. */
export function isTriggerDocument(document: JsonObject): boolean {
  const { entityType } = document
  if (entityType !== undefined) return entityType === 'trigger'
  return 'parameters' in document && !('exec' in document) && !('binding' in document)
}

/** @throws ERR_CORRUPT the document cannot be understood. */
export function readTrigger(document: JsonObject): Trigger {
  const fields = new DocumentFields('trigger', document)
  const { rules } = document
  const content = { ...fields.head(), parameters: fields.parameters('parameters') }
  if (rules === undefined || rules === null) return content
  if (!isJsonObject(rules)) throw fields.corrupt('rules')
  const links = Object.entries(rules).map(([id, json]): [string, RuleLink] => {
    const link = readLink(json, content.path)
    if (!link) throw fields.corrupt('rules')
    return [id, link]
  })
  return { ...content, rules: new Map(links) }
}

function readLink(json: JsonValue, namespace: string): RuleLink | undefined {
  if (!isJsonObject(json)) return undefined
  const action = readEntityId(json['action'], namespace)
  return action && { action, status: json['status'] === 'active' ? 'active' : 'inactive' }
}
