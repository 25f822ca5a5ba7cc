import type { EntityHead } from '../../model/entity-head.ts'
import type { EntityId } from '../../model/entity-name.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import type { Parameters } from '../../model/parameters.ts'
import { FIRST_VERSION, nextPatch, parseVersion } from '../../model/semantic-version.ts'
import { Refusal } from '../refusals/refusal.ts'
import { optional, requireBoolean } from './json-readers.ts'

/** What a PUT may say about an entity of any collection. Other fields of its body are ignored. */
export interface HeadPut {
  readonly annotations?: Parameters
  readonly version?: string
  readonly publish?: boolean
}

/** @throws Refusal version-malformed, other-type-expected */
export function parseVersionAndPublish(body: JsonObject): Pick<HeadPut, 'version' | 'publish'> {
  const version = optional(body['version'], parseVersionField)
  const publish = optional(body['publish'], requireBoolean)
  return { ...(version !== undefined && { version }), ...(publish !== undefined && { publish }) }
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
  if (version === undefined) throw new Refusal('version-malformed')
  return version
}
