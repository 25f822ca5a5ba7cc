import { DEFAULT_NAMESPACE, isEntityName, MAX_NAME_LENGTH } from '../../model/entity-name.ts'
import { HttpError, noRoute } from '../http/http-error.ts'
import type { Call } from '../http/route.ts'
import { nameTooLong, namespaceTooLong, TEXTS } from '../http/texts.ts'

/**
 * The namespace that the path names; `_` is the caller's own. A path is matched against `_` as a prefix, so that
 * nothing else that begins with it leads anywhere.
 * @throws HttpError 400 illegal name; 404
 */
export function targetNamespace({ params, user }: Call): string {
  const segment = params['namespace']!
  if (segment === DEFAULT_NAMESPACE) return user.namespace.name
  if (segment.startsWith(DEFAULT_NAMESPACE)) throw noRoute()
  if (isEntityName(segment)) return segment
  throw new HttpError(
    400,
    segment.length > MAX_NAME_LENGTH ? namespaceTooLong(segment.length, MAX_NAME_LENGTH) : TEXTS.namespaceIllegal,
  )
}

/** A path segment as the name of an entity. @throws HttpError 400 illegal name */
export function entityName({ params }: Call, param: string): string {
  const segment = params[param]!
  if (isEntityName(segment)) return segment
  throw new HttpError(
    400,
    segment.length > MAX_NAME_LENGTH ? nameTooLong(segment.length, MAX_NAME_LENGTH) : TEXTS.nameIllegal,
  )
}
