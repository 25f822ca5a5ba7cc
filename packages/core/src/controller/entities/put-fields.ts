import type { EntityHead } from '../../model/entity-head.ts'
import type { EntityId } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { parametersSize, parseParameters, type Parameters } from '../../model/parameters.ts'
import { FIRST_VERSION, nextPatch, parseVersion } from '../../model/semantic-version.ts'
import { badContent, HttpError } from '../http/http-error.ts'
import { largerThanAllowed, TEXTS } from '../http/texts.ts'

/** What a PUT may say about an entity of any collection. Other fields of its body are ignored. */
export interface HeadPut {
  readonly annotations?: Parameters
  readonly version?: string
  readonly publish?: boolean
}

/** @throws HttpError 400, 413 */
export function parseHeadPut(body: JsonObject, maxParameterBytes: number): HeadPut {
  return { ...parseListField(body, 'annotations', maxParameterBytes), ...parseVersionAndPublish(body) }
}

/** @throws HttpError 400 */
export function parseVersionAndPublish(body: JsonObject): Pick<HeadPut, 'version' | 'publish'> {
  const version = optional(body['version'], parseVersionField)
  const publish = optional(body['publish'], parsePublish)
  return { ...(version !== undefined && { version }), ...(publish !== undefined && { publish }) }
}

/** @throws HttpError 400, 413 */
export function parseListField<F extends 'parameters' | 'annotations'>(
  body: JsonObject,
  field: F,
  maxBytes: number,
): { readonly [field in F]?: Parameters } {
  const list = parseList(body[field])
  if (!list) return {}
  checkSize(field, parametersSize(list), maxBytes)
  return { [field]: list } as { readonly [field in F]?: Parameters }
}

/** @throws HttpError 400 */
export function parseList(json: JsonValue | undefined): Parameters | undefined {
  return optional(json, (given) => {
    const list = parseParameters(given)
    if (!list) throw badContent(TEXTS.parametersMalformed)
    return list
  })
}

/** A field of null is as good as none. */
export function optional<T>(json: JsonValue | undefined, parse: (json: JsonValue) => T): T | undefined {
  return json === undefined || json === null ? undefined : parse(json)
}

/** @throws HttpError 413 */
export function checkSize(field: string, bytes: number, allowedBytes: number): void {
  if (bytes > allowedBytes) throw new HttpError(413, largerThanAllowed(field, bytes, allowedBytes))
}

/** The head that a PUT leads to; annotations are replaced as a whole. */
export function putHead(id: EntityId, previous: EntityHead | undefined, put: HeadPut, now: number): EntityHead {
  return {
    path: id.path,
    name: id.name,
    version: put.version ?? (previous ? nextPatch(previous.version) : FIRST_VERSION),
    publish: put.publish ?? previous?.publish ?? false,
    annotations: put.annotations ?? previous?.annotations ?? [],
    updated: now,
  }
}

function parseVersionField(json: JsonValue): string {
  const version = typeof json === 'string' ? parseVersion(json) : undefined
  if (version === undefined) throw badContent(TEXTS.versionMalformed)
  return version
}

function parsePublish(json: JsonValue): boolean {
  if (typeof json !== 'boolean') throw badContent("'publish' must be a boolean")
  return json
}
