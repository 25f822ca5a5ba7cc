import type { EntityId } from '../../model/entity-name.ts'
import type { Right } from '../../model/identity.ts'
import type { Call } from '../http/route.ts'
import { requireOwner } from './entitlement.ts'
import { entityName, targetNamespace } from './target-namespace.ts'

/**
 * The entity of a namespace that the path names, for whoever owns it; `param` is the segment of its name.
 * @throws Refusal not-authorized, or the name is illegal; HttpError 404
 */
export function ownEntity(call: Call, right: Right, param: string): EntityId {
  const path = targetNamespace(call)
  const name = entityName(call, param)
  requireOwner(call.user, right, path, name)
  return { path, name }
}
