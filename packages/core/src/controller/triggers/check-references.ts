import { isPlatformError } from '../../errors.ts'
import { documentId, pathSegments, rootNamespace, type EntityId } from '../../model/entity-name.ts'
import type { Identity } from '../../model/identity.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { Entity } from '../entities/entity.ts'
import { locateAction, type ActionName } from '../admission/resolve-action.ts'
import { forbidden, requirePackage } from '../admission/entitlement.ts'
import { isRefusal, Refusal } from '../refusals/refusal.ts'
import type { RulePut } from './parse-rule-put.ts'

/**
 * Checks that the caller may read what a rule is to refer to. A refusal names all that is refused.
 * @throws Refusal not-authorized; not-found, other-collection and more from the package of the action
 */
export async function authorizeReferences(
  cache: EntityCache,
  user: Identity,
  { trigger, action }: RulePut,
): Promise<void> {
  const refused = new Set<string>()
  const isOwn = (id: EntityId): boolean =>
    user.rights.includes('READ') && user.namespace.name === rootNamespace(id.path)
  if (trigger && !isOwn(trigger)) refused.add(documentId(trigger))
  if (action) {
    const { namespace, package: packageName } = actionName(action)
    if (packageName === undefined) {
      if (!isOwn(action)) refused.add(documentId(action))
    } else if (!(await isPackageReadable(cache, user, { namespace, name: packageName }))) {
      refused.add(action.path)
    }
  }
  if (refused.size > 0) throw forbidden([...refused].toSorted().join(', '))
}

/** @throws Refusal referent-missing, referent-of-other-kind, referent-corrupt */
export async function requireTriggerReference(cache: EntityCache, id: EntityId): Promise<void> {
  await requireReference('trigger', id, async () => {
    const entity = await cache.fresh(documentId(id))
    return entity && entity.trigger !== undefined
  })
}

/**
 * Looks for the action where the caller's bindings lead.
 * @throws Refusal referent-missing, referent-of-other-kind, referent-corrupt
 */
export async function requireActionReference(cache: EntityCache, user: Identity, id: EntityId): Promise<void> {
  await requireReference('action', id, async () => {
    const entity = await findAction(cache, user, id)
    return entity && entity.action !== undefined
  })
}

/** The name by which a rule's action is invoked. */
export function actionName({ path, name }: EntityId): ActionName {
  const [namespace = '', ...rest] = pathSegments(path)
  return rest.length === 0 ? { namespace, name } : { namespace, package: rest.join('/'), name }
}

/** `isOfKind` is undefined when there is nothing. */
async function requireReference(
  what: 'trigger' | 'action',
  id: EntityId,
  isOfKind: () => Promise<boolean | undefined>,
): Promise<void> {
  try {
    const found = await isOfKind()
    if (found === undefined) throw new Refusal('referent-missing', { what, id: documentId(id) })
    if (!found) throw new Refusal('referent-of-other-kind', { what, id: documentId(id) })
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) throw new Refusal('referent-corrupt')
    throw error
  }
}

async function findAction(cache: EntityCache, user: Identity, id: EntityId): Promise<Entity | undefined> {
  try {
    return await cache.fresh(documentId(await locateAction(cache, user, 'READ', actionName(id))))
  } catch (error) {
    // The package is gone, or it is closed to the caller by now.
    if (error instanceof Refusal) return undefined
    throw error
  }
}

async function isPackageReadable(
  cache: EntityCache,
  user: Identity,
  id: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  try {
    await requirePackage(cache, user, 'READ', id, `${id.namespace}/${id.name}`)
    return true
  } catch (error) {
    if (isRefusal(error, 'not-authorized')) return false
    throw error
  }
}
