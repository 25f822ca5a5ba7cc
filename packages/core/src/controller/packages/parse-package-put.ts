import { DEFAULT_NAMESPACE, isEntityName } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import type { PackageName } from '../../model/package.ts'
import type { Parameters } from '../../model/parameters.ts'
import { requireObject } from '../writes/json-readers.ts'
import type { PutBody } from '../writes/put-content.ts'
import { parseVersionAndPublish, type HeadPut } from '../writes/put-fields.ts'
import { Refusal } from '../refusals/refusal.ts'

export interface PackagePut extends HeadPut {
  readonly parameters?: Parameters
  readonly binding?: PackageName
}

/** `_` as the namespace of a binding stands for `namespace`. @throws Refusal */
export function parsePackagePut({ body, content }: PutBody, namespace: string): PackagePut {
  const { parameters, annotations } = content
  const given = body['binding']
  const binding = given === undefined ? undefined : parseBinding(given, namespace)
  return {
    ...parseVersionAndPublish(body),
    ...(parameters && { parameters }),
    ...(annotations && { annotations }),
    ...(binding && { binding }),
  }
}

/** An empty object is no binding; null is one that is malformed. */
function parseBinding(json: JsonValue, namespace: string): PackageName | undefined {
  if (isJsonObject(json) && Object.keys(json).length === 0) return undefined
  const binding = requireObject(json, 'namespace')
  const target = nameField(binding, 'namespace')
  const name = nameField(binding, 'name')
  return { namespace: target === DEFAULT_NAMESPACE ? namespace : target, name }
}

function nameField(json: JsonObject, field: string): string {
  const value = json[field]
  if (value === undefined) throw new Refusal('field-missing', { field })
  if (typeof value !== 'string' || !isEntityName(value)) throw new Refusal('name-malformed')
  return value
}
