import type { JsonObject } from '@stemcell/core'
import { isObject, objectAt, textAt } from './json.ts'

/** What may stand beside the verbs of a path. */
const NO_VERB = /^(?:parameters|summary|description|servers|\$ref|x-.*)$/i

export const VERBS: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'head', 'options', 'patch'])

export interface Operation {
  readonly path: string
  /** As the document writes it. */
  readonly verb: string
  readonly id: string
  readonly operation: JsonObject
}

/** Every operation of a Swagger document. */
export function operationsOf(document: JsonObject): Operation[] {
  return Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) =>
    isObject(item)
      ? Object.entries(item).flatMap(([verb, operation]) =>
          NO_VERB.test(verb) || !isObject(operation)
            ? []
            : [{ path, verb, id: textAt(operation, 'operationId') ?? operationId(verb, path), operation }],
        )
      : [],
  )
}

/** The verb and the words of the path, each capitalised: `get` and `/book/{id}` give `getBookId`. */
export function operationId(verb: string, path: string): string {
  const words = path.split(/[^0-9a-z_-]+/i).filter((word) => word !== '')
  return verb.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

/** Names in braces that fill a segment of the path, or a part of one. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{([^/{}]+)\}/g)].map(([, name]) => name!)
}
