import { DEFAULT_NAMESPACE, isEntityName, MAX_NAME_LENGTH } from '../../model/entity-name.ts'
import { noRoute } from '../http/http-error.ts'
import type { Call } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'

/**
 * The namespace that the path names; `_` is the caller's own. A path is matched against `_` as a prefix, so that
 * nothing else that begins with it leads anywhere.
 * @throws Refusal namespace-too-long, namespace-illegal; HttpError 404
 */
export function targetNamespace({ params, user }: Call): string {
  const segment = params['namespace']!
  if (segment === DEFAULT_NAMESPACE) return user.namespace.name
  if (segment.startsWith(DEFAULT_NAMESPACE)) throw noRoute()
  if (isEntityName(segment)) return segment
  throw segment.length > MAX_NAME_LENGTH
    ? new Refusal('namespace-too-long', { length: segment.length, allowed: MAX_NAME_LENGTH })
    : new Refusal('namespace-illegal')
}

/** A path segment as the name of an entity. @throws Refusal name-too-long, name-illegal */
export function entityName({ params }: Call, param: string): string {
  const segment = params[param]!
  if (isEntityName(segment)) return segment
  throw segment.length > MAX_NAME_LENGTH
    ? new Refusal('name-too-long', { length: segment.length, allowed: MAX_NAME_LENGTH })
    : new Refusal('name-illegal')
}
