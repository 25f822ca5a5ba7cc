import type { Identity } from '../../model/identity.ts'
import type { ApiOptions } from '../parts/api-options.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { ActionName, ActionPlace } from './resolve-action.ts'
import type { ReadablePackage } from './entitlement.ts'

// Where shared packages are for execution only, whoever may invoke what is in them may still not read it.

/** To be asked once the caller is known to be entitled to the action. @throws Refusal */
export function requireReadableAction(
  { sharedPackagesExecuteOnly = false }: ApiOptions,
  user: Identity,
  { namespace, package: packageName, name }: ActionName,
  { path }: ActionPlace,
): void {
  if (!sharedPackagesExecuteOnly || packageName === undefined) return
  const named = `${namespace}/${packageName}`
  if (namespace !== user.namespace.name) throw new Refusal('shared-action-unreadable', { package: named })
  if (!isOwn(user, path)) throw new Refusal('bound-action-unreadable', { action: `${named}/${name}` })
}

/** To be asked once the caller is known to be entitled to the package. @throws Refusal */
export function requireReadablePackage(
  { sharedPackagesExecuteOnly = false }: ApiOptions,
  user: Identity,
  resource: string,
  { path, named }: ReadablePackage,
): void {
  if (!sharedPackagesExecuteOnly) return
  if (!isOwn(user, named.path)) throw new Refusal('shared-package-unreadable', { package: resource })
  if (!isOwn(user, path)) throw new Refusal('binding-unreadable', { package: resource })
}

function isOwn(user: Identity, path: string): boolean {
  return path.split('/', 1)[0] === user.namespace.name
}
