import { DEFAULT_NAMESPACE, isEntityName, pathSegments, type EntityId } from '../../model/entity-name.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { parseVersion } from '../../model/semantic-version.ts'
import { Refusal } from '../refusals/refusal.ts'

/**
 * How a rule or a sequence names another entity: a text, or an object of path and name. `_` as its namespace stands
 * for `namespace`. Whether a path can have so many parts is not judged here: nothing is found there.
 * @throws Refusal
 */
export function parseReference(json: JsonValue, namespace: string): EntityId {
  const [root, ...rest] = nameSegments(json)
  const name = rest.pop()
  if (root === undefined || name === undefined) throw new Refusal('reference-incomplete')
  return { path: [root === DEFAULT_NAMESPACE ? namespace : root, ...rest].join('/'), name }
}

function nameSegments(json: JsonValue): string[] {
  if (isJsonObject(json)) return objectSegments(json)
  if (typeof json !== 'string') throw new Refusal('reference-malformed')
  const segments = pathSegments(json)
  if (segments.length === 0) throw new Refusal('reference-empty')
  if (!segments.every(isEntityName)) throw new Refusal('reference-illegal', { segments })
  return segments
}

/** Whatever is wrong with the object, it is told in the same words. */
function objectSegments({ path, name, version = null, binding = null }: JsonObject): string[] {
  const isWhole =
    isPath(path) &&
    typeof name === 'string' &&
    isEntityName(name) &&
    (version === null || (typeof version === 'string' && parseVersion(version) !== undefined)) &&
    (binding === null || isPath(binding))
  if (!isWhole) throw new Refusal('reference-malformed')
  return [...pathSegments(path), name]
}

function isPath(json: JsonValue | undefined): json is string {
  if (typeof json !== 'string') return false
  const segments = pathSegments(json)
  return segments.length > 0 && segments.every(isEntityName)
}
