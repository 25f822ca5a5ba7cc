import { isPlatformError } from '../../errors.ts'
import { isPromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import { isEntityName } from '../../model/entity-name.ts'
import type { Identity } from '../../model/identity.ts'
import type { Package } from '../../model/package.ts'
import { mergeParameters, parameterValue, type Parameters } from '../../model/parameters.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { actionResource, withParameters } from '../admission/resolve-action.ts'
import { forbidden, requireOwner } from '../admission/entitlement.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { WebPath } from './web-path.ts'

/** An action that its author has opened to the web. */
export interface WebAction {
  /** Parameters of package and binding merged into its own. */
  readonly target: StoredAction
  /** Path of the binding through which it was named. */
  readonly binding?: string
  /** Whether the owner of the namespace in the path may use the package that the action lies in. */
  readonly packageUsable: boolean
}

const NO_PARAMETERS: Parameters = []

interface Place {
  readonly path: string
  readonly parameters: Parameters
  readonly binding?: string
  readonly packageUsable: boolean
}

/** @throws Refusal not-found: there is no such action, it cannot be read, or it is not exported. */
export async function resolveWebAction(cache: EntityCache, path: WebPath): Promise<WebAction> {
  try {
    const { namespace, package: packageName, name } = path
    if (!isEntityName(name)) throw new Refusal('not-found')
    const place = packageName === undefined ? inNamespace(namespace) : await inPackage(cache, namespace, packageName)
    const found = cache.get(`${place.path}/${name}`)
    const stored = (isPromise(found) ? await found : found)?.action
    if (!stored || parameterValue(stored.action.annotations, 'web-export') !== true) throw new Refusal('not-found')
    const { binding, packageUsable } = place
    return {
      target: withParameters(stored, place.parameters),
      ...(binding === undefined ? {} : { binding }),
      packageUsable,
    }
  } catch (error) {
    throw isPlatformError(error, 'ERR_CORRUPT') ? new Refusal('not-found') : error
  }
}

/** @throws Refusal not-authorized: the owner may not activate it. */
export function requireActivation(owner: Identity, path: WebPath, { packageUsable }: WebAction): void {
  const name = path.package === undefined ? path.name : `${path.package}/${path.name}`
  requireOwner(owner, 'ACTIVATE', path.namespace, name)
  if (!packageUsable) throw forbidden(actionResource(path))
}

function inNamespace(namespace: string): Place {
  return { path: namespace, parameters: NO_PARAMETERS, packageUsable: true }
}

async function inPackage(cache: EntityCache, namespace: string, packageName: string): Promise<Place> {
  const path = `${namespace}/${packageName}`
  const { binding, parameters } = await packageAt(cache, path)
  if (!binding) return { path, parameters, packageUsable: true }

  const targetPath = `${binding.namespace}/${binding.name}`
  const target = await packageAt(cache, targetPath)
  if (target.binding) throw new Refusal('not-found')
  return {
    path: targetPath,
    parameters: mergeParameters(target.parameters, parameters),
    binding: path,
    packageUsable: target.publish || binding.namespace === namespace,
  }
}

async function packageAt(cache: EntityCache, path: string): Promise<Package> {
  const found = cache.get(path)
  const content = (isPromise(found) ? await found : found)?.package
  if (!content) throw new Refusal('not-found')
  return content
}
