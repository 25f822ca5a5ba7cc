import type { MaybePromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import { mergeParameters, type Parameters } from '../../model/parameters.ts'
import { requireOwner, requirePackage } from './entitlement.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { Entity } from '../entities/entity.ts'
import { Refusal } from '../refusals/refusal.ts'
import { whenDone } from '../../when-done.ts'

/** How a request names an action: directly in a namespace, or in a package or a binding of one. */
export interface ActionName {
  readonly namespace: string
  readonly package?: string | undefined
  readonly name: string
}

/** Where an action really lies, once the caller is known to be entitled to it. */
export interface ActionPlace {
  /** `namespace` or `namespace/package`. */
  readonly path: string
  readonly name: string
  /** What package and binding lay under the action's own parameters. */
  readonly parameters: Parameters
  /** Path of the binding through which it was named. */
  readonly binding?: string
}

const NO_PARAMETERS: Parameters = []

/** What a refusal to read or invoke an action names: the package that it lies in, where there is one. */
export function actionResource({ namespace, package: packageName, name }: ActionName): string {
  return `${namespace}/${packageName ?? name}`
}

/** Without a promise where nothing must be read. @throws Refusal not-authorized, and what `requirePackage` throws */
export function locateAction(
  cache: EntityCache,
  user: Identity,
  right: 'READ' | 'ACTIVATE',
  name: ActionName,
): MaybePromise<ActionPlace> {
  if (name.package !== undefined) return locateInPackage(cache, user, right, name, name.package)
  requireOwner(user, right, name.namespace, name.name)
  return { path: name.namespace, name: name.name, parameters: NO_PARAMETERS }
}

function locateInPackage(
  cache: EntityCache,
  user: Identity,
  right: 'READ' | 'ACTIVATE',
  { namespace, name }: ActionName,
  packageName: string,
): MaybePromise<ActionPlace> {
  const id = { namespace, name: packageName }
  const found = requirePackage(cache, user, right, id, `${namespace}/${packageName}`)
  return whenDone(found, ({ path, parameters, binding }) =>
    binding === undefined ? { path, name, parameters } : { path, name, parameters, binding },
  )
}

/** The action with all parameters merged, without a promise when it is cached. @throws Refusal not-found, other-collection */
export function loadAction(cache: EntityCache, { path, name, parameters }: ActionPlace): MaybePromise<StoredAction> {
  return whenDone(cache.get(`${path}/${name}`), (entity) => withParameters(requireAction(entity), parameters))
}

/** What was last made of an action: those of one package are invoked through it again and again. */
const lastMade = new WeakMap<StoredAction, StoredAction>()

export function withParameters(stored: StoredAction, under: Parameters): StoredAction {
  const parameters = mergeParameters(under, stored.action.parameters)
  if (parameters === stored.action.parameters) return stored
  const last = lastMade.get(stored)
  if (last?.action.parameters === parameters) return last
  const made = { ...stored, action: { ...stored.action, parameters } }
  lastMade.set(stored, made)
  return made
}

/** @throws Refusal not-found, other-collection */
export function requireAction(entity: Entity | undefined): StoredAction {
  if (entity === undefined) throw new Refusal('not-found')
  if (entity.action === undefined) throw new Refusal('other-collection')
  return entity.action
}
