import { PlatformError } from '../errors.ts'
import { parametersJson } from './activation-codec.ts'
import type { EntityHead } from './entity-head.ts'
import { numberOf, type JsonObject } from './json.ts'
import { parseParameters, type Parameters } from './parameters.ts'
import { FIRST_VERSION } from './semantic-version.ts'

export type EntityType = 'action' | 'trigger' | 'rule' | 'package'

/** The fields of one stored document, written here or by OpenWhisk: missing ones take their defaults. */
export class DocumentFields {
  readonly #type: EntityType
  readonly #document: JsonObject

  constructor(type: EntityType, document: JsonObject) {
    this.#type = type
    this.#document = document
  }

  /** @throws ERR_CORRUPT */
  head(): EntityHead {
    const { version, publish, updated } = this.#document
    return {
      path: this.text('namespace'),
      name: this.text('name'),
      version: typeof version === 'string' ? version : FIRST_VERSION,
      publish: publish === true,
      annotations: this.parameters('annotations'),
      updated: typeof updated === 'string' ? Date.parse(updated) || 0 : (numberOf(updated) ?? 0),
    }
  }

  /** @throws ERR_CORRUPT */
  text(field: string): string {
    const value = this.#document[field]
    if (typeof value !== 'string') throw this.corrupt(field)
    return value
  }

  /** @throws ERR_CORRUPT */
  parameters(field: string): Parameters {
    const list = parseParameters(this.#document[field] ?? [])
    if (!list) throw this.corrupt(field)
    return list
  }

  /** The error that says that the document cannot be understood. */
  corrupt(field: string): PlatformError {
    return new PlatformError('ERR_CORRUPT', `${this.#type} document: field '${field}' is missing or malformed`)
  }
}

/** The last fields of every document. */
export function documentTail(entity: EntityHead, entityType: EntityType): JsonObject {
  return {
    version: entity.version,
    publish: entity.publish,
    annotations: parametersJson(entity.annotations),
    updated: entity.updated,
    entityType,
  }
}
