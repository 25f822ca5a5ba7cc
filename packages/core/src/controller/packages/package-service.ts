import { isPlatformError } from '../../errors.ts'
import { documentId, type EntityId } from '../../model/entity-name.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonObject } from '../../model/json.ts'
import { packageDocument } from '../../model/package-codec.ts'
import type { Package, PackageName } from '../../model/package.ts'
import { mergeParameters, type Parameters } from '../../model/parameters.ts'
import type { Entity } from '../entities/entity.ts'
import { lockParameters } from '../writes/lock-parameters.ts'
import { putHead } from '../writes/put-fields.ts'
import type { ApiServices } from '../services/api-services.ts'
import { forbidden, type ReadablePackage } from '../admission/entitlement.ts'
import { Refusal } from '../refusals/refusal.ts'
import { contentsJson, packageJson } from './package-json.ts'
import type { PackagePut } from './parse-package-put.ts'

/** The annotation that says what a binding refers to belongs to the platform. */
const BINDING_ANNOTATION = 'binding'

/** Actions deleted between two looks at what is left in a package. */
const DELETE_BATCH = 200

/** Looks before giving up on a package that others keep filling. */
const MAX_DELETE_ROUNDS = 1000

/** Packages and bindings as the API reads and writes them; who may do so has been decided before. */
export class PackageService {
  readonly #services: ApiServices

  constructor(services: ApiServices) {
    this.#services = services
  }

  /** A package with the names of its actions; of a binding those of the package behind it. */
  async get({ named, path, parameters }: ReadablePackage): Promise<JsonObject> {
    const rows = await this.#services.parts.entityStore.list({ index: 'actions', partition: path, descending: true })
    return { ...packageJson({ ...named, parameters }), ...contentsJson(rows.map(({ value }) => value)) }
  }

  /**
   * Creates or, with `overwrite`, updates.
   * @throws Refusal already-exists, other-collection, package-not-bindable, and what forbids the binding
   */
  async put(user: Identity, id: EntityId, put: PackagePut, overwrite: boolean): Promise<JsonObject> {
    const { cache, writer, parts } = this.#services
    const key = documentId(id)
    const target = put.binding && (await this.#readableTarget(user, put.binding))
    const current = await cache.fresh(key)
    const previous = current && requirePackageEntity(current)
    if (previous && !overwrite) throw new Refusal('already-exists')
    if (previous && !previous.binding && target) throw new Refusal('package-not-bindable')
    if (target?.binding) throw new Refusal('binding-of-binding')

    const head = putHead(id, previous, put, parts.clock.now())
    const binding = put.binding ?? previous?.binding
    const pkg: Package = {
      ...head,
      annotations: withBinding(head.annotations, binding),
      parameters: lockParameters(parts.cipher, put.parameters ?? previous?.parameters ?? [], previous?.parameters),
      ...(binding && { binding }),
    }
    await writer.put(key, packageDocument(pkg), current ? { revision: current.stored.revision } : {})
    return packageJson(pkg)
  }

  /**
   * Answers with the package that was; `force` deletes its actions first.
   * @throws Refusal not-found, other-collection, package-not-empty
   */
  async delete(id: EntityId, force: boolean): Promise<JsonObject> {
    const { cache, writer, parts } = this.#services
    const key = documentId(id)
    const current = await cache.fresh(key)
    const pkg = requirePackageEntity(current)
    if (!pkg.binding) {
      if (force) await this.#deleteActions(key)
      const count = await parts.entityStore.count({ index: 'actions', partition: key })
      if (count > 0) throw new Refusal('package-not-empty', { count })
    }
    await writer.delete(key, current!.stored.revision)
    return packageJson(pkg)
  }

  async #deleteActions(path: string): Promise<void> {
    const { writer, parts } = this.#services
    for (let round = 0; round < MAX_DELETE_ROUNDS; round++) {
      const query = { index: 'actions', partition: path, limit: DELETE_BATCH, documents: true }
      const rows = await parts.entityStore.list(query)
      // What cannot be read cannot be removed either, and is counted afterwards.
      if (!rows.some(({ stored }) => stored)) return
      for (const { id, stored } of rows) {
        if (stored) await deleteUnlessChanged(() => writer.delete(id, stored.revision))
      }
    }
  }

  /**
   * What is to be bound to; of a binding the caller must be able to read what is behind it, too.
   * @throws Refusal binding-cyclic, and what `#readable` throws
   */
  async #readableTarget(user: Identity, name: PackageName): Promise<Package> {
    const resource = `${name.namespace}/${name.name}`
    if (!user.rights.includes('READ')) throw forbidden(resource)
    const target = await this.#readable(user, name, resource)
    const { binding } = target
    if (!binding) return target
    if (binding.namespace === name.namespace && binding.name === name.name) {
      throw new Refusal('binding-cyclic', { binding: resource })
    }
    await this.#readable(user, binding, resource)
    return target
  }

  /**
   * `resource` is what a refusal names.
   * @throws Refusal not-authorized, binding-target-missing, binding-target-no-package
   */
  async #readable(user: Identity, { namespace, name }: PackageName, resource: string): Promise<Package> {
    const isOwner = user.namespace.name === namespace
    const entity = await this.#services.cache.fresh(`${namespace}/${name}`)
    const target = entity?.package
    if (!isOwner && (!target?.publish || target.binding)) throw forbidden(resource)
    if (entity === undefined) throw new Refusal('binding-target-missing')
    if (target === undefined) throw new Refusal('binding-target-no-package')
    return target
  }
}

function requirePackageEntity(entity: Entity | undefined): Package {
  if (entity === undefined) throw new Refusal('not-found')
  if (entity.package === undefined) throw new Refusal('other-collection')
  return entity.package
}

function withBinding(annotations: Parameters, binding: PackageName | undefined): Parameters {
  const others = annotations.filter(({ key }) => key !== BINDING_ANNOTATION)
  if (!binding) return others
  const { namespace, name } = binding
  return mergeParameters(others, [{ key: BINDING_ANNOTATION, value: { namespace, name } }])
}

/** An action that someone writes at the same time is met again at the next look. */
async function deleteUnlessChanged(remove: () => Promise<void>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
  }
}
