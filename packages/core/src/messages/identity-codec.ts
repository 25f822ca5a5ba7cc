import type { Identity, Right } from '../model/identity.ts'
import { ALL_RIGHTS } from '../model/identity.ts'
import type { JsonObject } from '../model/json.ts'
import { readNamespaceLimits } from '../model/read-namespace-limits.ts'
import { object, strings, text } from './message-fields.ts'

/** @throws ERR_CORRUPT a field is missing or of the wrong type. */
export function readIdentity(json: JsonObject): Identity {
  const namespace = object(json, 'namespace')
  const apiKey = text(object(json, 'authkey'), 'api_key')
  const colon = apiKey.indexOf(':')
  const known = new Set<string>(ALL_RIGHTS)
  return {
    subject: text(json, 'subject'),
    namespace: { name: text(namespace, 'name'), uuid: text(namespace, 'uuid') },
    authkey: { uuid: apiKey.slice(0, Math.max(0, colon)), key: apiKey.slice(colon + 1) },
    rights: strings(json, 'rights').filter((right): right is Right => known.has(right)),
    limits: readNamespaceLimits(object(json, 'limits')),
  }
}
