import type { JsonObject } from '@stemcell/core'
import { isObject, listAt, objectAt, textAt } from './json.ts'

/** A key that a client must show. */
export interface RequiredKey {
  /** Of the header, or of the query parameter. */
  readonly name: string
  readonly in: 'header' | 'query'
  /** Whether it is the secret of a subscription, rather than its id. */
  readonly secret: boolean
}

const DEFAULT_HEADER = 'X-Api-Key'

/**
 * The keys that a request for an operation must show: those that its `security` names, else those that the document's
 * does. Where there is no `security` at all, all that the document defines.
 */
export function requiredKeys(document: JsonObject, operation: JsonObject): readonly RequiredKey[] {
  return requiredNames(document, operation).flatMap((name) => {
    const key = keyOf(document, name)
    return key ? [key] : []
  })
}

/** What the document asks for and the gateway cannot check; such an API would be open although it says otherwise. */
export function unsupportedSecurity(document: JsonObject): string | undefined {
  const paths = Object.values(objectAt(document, 'paths')).filter(isObject)
  const operations = paths.flatMap((item) => Object.values(item).filter(isObject))
  const names = new Set([{}, ...operations].flatMap((operation) => requiredNames(document, operation)))
  const unknown = [...names].find((name) => keyOf(document, name) === undefined)
  return unknown === undefined ? undefined : `Security definition '${unknown}' is not an apiKey in header or query.`
}

function requiredNames(document: JsonObject, operation: JsonObject): readonly string[] {
  const holder = [operation, document].find((one) => Object.hasOwn(one, 'security'))
  if (!holder) return Object.keys(objectAt(document, 'securityDefinitions'))
  return listAt(holder, 'security').flatMap((one) => (isObject(one) ? Object.keys(one) : []))
}

function keyOf(document: JsonObject, name: string): RequiredKey | undefined {
  const definition = objectAt(objectAt(document, 'securityDefinitions'), name)
  const place = textAt(definition, 'in') ?? 'header'
  if (textAt(definition, 'type') !== 'apiKey' || (place !== 'header' && place !== 'query')) return undefined
  return { name: textAt(definition, 'name') ?? DEFAULT_HEADER, in: place, secret: /secret/i.test(name) }
}
