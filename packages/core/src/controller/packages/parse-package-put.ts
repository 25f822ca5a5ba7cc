import { DEFAULT_NAMESPACE, isEntityName } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import type { PackageName } from '../../model/package.ts'
import type { Parameters } from '../../model/parameters.ts'
import { optional, parseHeadPut, parseListField, type HeadPut } from '../entities/put-fields.ts'
import { badContent } from '../http/http-error.ts'
import { TEXTS } from '../http/texts.ts'

export interface PackagePut extends HeadPut {
  readonly parameters?: Parameters
  readonly binding?: PackageName
}

/** `_` as the namespace of a binding stands for `namespace`. @throws HttpError 400, 413 */
export function parsePackagePut(body: JsonObject, namespace: string, maxParameterBytes: number): PackagePut {
  const binding = optional(body['binding'], (json) => parseBinding(json, namespace))
  return {
    ...parseListField(body, 'parameters', maxParameterBytes),
    ...parseHeadPut(body, maxParameterBytes),
    ...(binding && { binding }),
  }
}

/** An empty object is no binding. */
function parseBinding(json: JsonValue, namespace: string): PackageName | undefined {
  if (!isJsonObject(json)) throw badContent("'binding' must be an object")
  if (Object.keys(json).length === 0) return undefined
  const target = nameField(json, 'namespace')
  const name = nameField(json, 'name')
  return { namespace: target === DEFAULT_NAMESPACE ? namespace : target, name }
}

function nameField(json: JsonObject, field: string): string {
  const value = json[field]
  if (typeof value !== 'string') throw badContent(`'binding' must have a string '${field}'`)
  if (!isEntityName(value)) throw badContent(field === 'name' ? TEXTS.nameIllegal : TEXTS.namespaceIllegal)
  return value
}
