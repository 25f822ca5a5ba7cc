import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import { isEntityName } from '../../model/entity-name.ts'
import type { Identity } from '../../model/identity.ts'
import type { Package } from '../../model/package.ts'
import { mergeParameters, parameterValue, type Parameters } from '../../model/parameters.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { Entity } from '../entities/entity.ts'
import { actionResource, withParameters } from '../admission/resolve-action.ts'
import { forbidden, requireOwner } from '../admission/entitlement.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { WebPath } from './web-path.ts'
import { whenDone } from '../../when-done.ts'

/** An action that its author has opened to the web. */
export interface WebAction {
  /** Parameters of package and binding merged into its own. */
  readonly target: StoredAction
  /** Path of the binding through which it was named. */
  readonly binding: string | undefined
  /** Whether the owner of the namespace in the path may use the package that the action lies in. */
  readonly packageUsable: boolean
}

const NO_PARAMETERS: Parameters = []

interface Place {
  readonly path: string
  readonly parameters: Parameters
  readonly binding: string | undefined
  readonly packageUsable: boolean
}

/**
 * Without a promise where nothing must be read.
 * @throws Refusal not-found: there is no such action, it cannot be read, or it is not exported.
 */
export function resolveWebAction(cache: EntityCache, path: WebPath): MaybePromise<WebAction> {
  try {
    const found = findWebAction(cache, path)
    return isPromise(found) ? found.catch(unreadable) : found
  } catch (error) {
    return unreadable(error)
  }
}

function unreadable(error: unknown): never {
  throw isPlatformError(error, 'ERR_CORRUPT') ? new Refusal('not-found') : error
}

function findWebAction(
  cache: EntityCache,
  { namespace, package: packageName, name }: WebPath,
): MaybePromise<WebAction> {
  if (!isEntityName(name)) throw new Refusal('not-found')
  if (packageName === undefined) return actionAt(cache, inNamespace(namespace), name)
  return whenDone(inPackage(cache, namespace, packageName), (place) => actionAt(cache, place, name))
}

function actionAt(cache: EntityCache, place: Place, name: string): MaybePromise<WebAction> {
  return whenDone(cache.get(`${place.path}/${name}`), (entity) => exported(entity, place))
}

function exported(entity: Entity | undefined, { parameters, binding, packageUsable }: Place): WebAction {
  const stored = entity?.action
  if (!stored || parameterValue(stored.action.annotations, 'web-export') !== true) throw new Refusal('not-found')
  return { target: withParameters(stored, parameters), binding, packageUsable }
}

/** @throws Refusal not-authorized: the owner may not activate it. */
export function requireActivation(owner: Identity, path: WebPath, { packageUsable }: WebAction): void {
  const name = path.package === undefined ? path.name : `${path.package}/${path.name}`
  requireOwner(owner, 'ACTIVATE', path.namespace, name)
  if (!packageUsable) throw forbidden(actionResource(path))
}

function inNamespace(namespace: string): Place {
  return { path: namespace, parameters: NO_PARAMETERS, binding: undefined, packageUsable: true }
}

function inPackage(cache: EntityCache, namespace: string, name: string): MaybePromise<Place> {
  const path = `${namespace}/${name}`
  return whenDone(cache.get(path), (entity) => throughBinding(cache, namespace, path, packageOf(entity)))
}

/** Where the package that the namespace has at this path really is. */
function throughBinding(
  cache: EntityCache,
  namespace: string,
  path: string,
  { binding, parameters }: Package,
): MaybePromise<Place> {
  if (!binding) return { path, parameters, binding: undefined, packageUsable: true }
  const targetPath = `${binding.namespace}/${binding.name}`
  return whenDone(cache.get(targetPath), (entity): Place => {
    const target = packageOf(entity)
    if (target.binding) throw new Refusal('not-found')
    return {
      path: targetPath,
      parameters: mergeParameters(target.parameters, parameters),
      binding: path,
      packageUsable: target.publish || binding.namespace === namespace,
    }
  })
}

function packageOf(entity: Entity | undefined): Package {
  if (!entity?.package) throw new Refusal('not-found')
  return entity.package
}
