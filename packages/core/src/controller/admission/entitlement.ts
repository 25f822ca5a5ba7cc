import type { MaybePromise } from '../../lifecycle.ts'
import type { Identity, Right } from '../../model/identity.ts'
import type { Package, PackageName } from '../../model/package.ts'
import { mergeParameters, type Parameters } from '../../model/parameters.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { Entity } from '../entities/entity.ts'
import { Refusal } from '../refusals/refusal.ts'
import { whenDone } from '../../when-done.ts'

/** A package as a caller may use it: a binding has been followed to the package it refers to. */
export interface ReadablePackage {
  /** Path of the package that holds the actions: `namespace/package`. */
  readonly path: string
  /** Parameters of the package, those of the binding laid over them. */
  readonly parameters: Parameters
  /** Path of the binding through which it was named. */
  readonly binding?: string
  /** What was named: the package, or the binding. */
  readonly named: Package
}

/** @throws Refusal not-authorized: the caller lacks the right, or the namespace is not its own. */
export function requireOwner(user: Identity, right: Right, namespace: string, name?: string): void {
  if (user.namespace.name === namespace && user.rights.includes(right)) return
  throw forbidden(name === undefined ? namespace : `${namespace}/${name}`)
}

/** `resource` is what a refusal names. */
export function forbidden(resource: string): Refusal {
  return new Refusal('not-authorized', { resource })
}

/**
 * Lets a caller read or invoke what is in a package: its own, or a published one, directly or through a binding of
 * its own. What is missing is told to the owner of the namespace only, as `missing`. Without a promise where nothing must
 * be read.
 * @throws Refusal not-authorized, other-collection, binding-of-binding, binding-cyclic, and `missing`
 */
export function requirePackage(
  cache: EntityCache,
  user: Identity,
  right: 'READ' | 'ACTIVATE',
  id: PackageName,
  resource: string,
  missing: () => Refusal = () => new Refusal('not-found'),
): MaybePromise<ReadablePackage> {
  if (!user.rights.includes(right)) throw forbidden(resource)
  const path = `${id.namespace}/${id.name}`
  const isOwner = user.namespace.name === id.namespace
  return whenDone(cache.get(path), (entity): MaybePromise<ReadablePackage> => {
    const named = packageOf(entity, isOwner, resource, missing)
    const { binding, parameters } = named
    if (!binding) {
      if (!named.publish && !isOwner) throw forbidden(resource)
      return { path, parameters, named }
    }
    if (!isOwner) throw forbidden(resource)

    const targetPath = `${binding.namespace}/${binding.name}`
    if (targetPath === path) throw new Refusal('binding-cyclic', { binding: path })
    const ownsTarget = user.namespace.name === binding.namespace
    return whenDone(cache.get(targetPath), (targetEntity): ReadablePackage => {
      const target = packageOf(targetEntity, ownsTarget, resource, missing)
      if (target.binding) throw new Refusal('binding-of-binding')
      if (!target.publish && !ownsTarget) throw forbidden(resource)
      return { path: targetPath, parameters: mergeParameters(target.parameters, parameters), binding: path, named }
    })
  })
}

function packageOf(entity: Entity | undefined, isOwner: boolean, resource: string, missing: () => Refusal): Package {
  if (entity?.package) return entity.package
  if (!isOwner) throw forbidden(resource)
  throw entity === undefined ? missing() : new Refusal('other-collection')
}
