import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { listEntities } from '../entities/list-entities.ts'
import { overwriteParameter, readPut } from '../writes/put-content.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { forbidden, requirePackage } from '../admission/entitlement.ts'
import { requireReadablePackage } from '../admission/execute-only.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import { deletedAnswer, putAnswer } from '../writes/written-answer.ts'
import { PackageService } from './package-service.ts'
import { parsePackagePut } from './parse-package-put.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { Refusal } from '../refusals/refusal.ts'
import { errors } from '../http/error-responses.ts'
import { ownEntity } from '../admission/own-entity.ts'

const COLLECTION = '/api/v1/namespaces/{namespace}/packages'
const NAME = 'packageName'
const ENTITY = `${COLLECTION}/{${NAME}}`

/** In the path of a web action this stands for no package at all. */
const RESERVED_NAME = 'default'

/** `…/packages`: the packages and bindings of a namespace; to strangers, its published packages. */
export function packageRoutes(services: ApiServices): readonly UserRoute[] {
  const service = new PackageService(services)
  const common = { auth: 'basic', tag: 'Packages' } as const
  return [
    {
      ...common,
      method: 'GET',
      path: COLLECTION,
      operationId: 'getAllPackages',
      trailingSlash: true,
      summary: 'Packages of a namespace; of another namespace, those that are published',
      query: LIST_PARAMETERS,
      responses: { 200: 'PackageList', ...errors(400, 403) },
      handle: (call) => {
        const path = targetNamespace(call)
        if (!call.user.rights.includes('READ')) throw forbidden(path)
        const index = call.user.namespace.name === path ? 'packages' : 'packages-public'
        return listEntities(services, call, { collection: 'packages', index, path })
      },
    },
    {
      ...common,
      method: 'GET',
      path: ENTITY,
      operationId: 'getPackageByName',
      summary: 'Read a package, and what is in it',
      responses: { 200: 'Package', ...errors(400, 403, 404, 409, 422) },
      handle: async (call) => {
        const id = { namespace: targetNamespace(call), name: entityName(call, NAME) }
        const resource = `${id.namespace}/${id.name}`
        services.cache.invalidate(resource)
        const missing = (): Refusal => new Refusal('resource-missing', { resource })
        const found = await requirePackage(services.cache, call.user, 'READ', id, resource, missing)
        requireReadablePackage(services.options, call.user, resource, found)
        return jsonAnswer(200, stringifyJson(await service.get(found)))
      },
    },
    {
      ...common,
      method: 'PUT',
      path: ENTITY,
      operationId: 'updatePackage',
      summary: 'Create or update a package or a binding',
      query: [overwriteParameter('a package')],
      request: 'PackagePut',
      responses: { 200: 'Package', ...errors(400, 403, 409, 413, 422) },
      handle: (call) => putPackage(services, service, call),
    },
    {
      ...common,
      method: 'DELETE',
      path: ENTITY,
      operationId: 'deletePackage',
      summary: 'Delete a package or a binding',
      query: [{ name: 'force', type: 'boolean', description: 'Whether to delete the actions in it, too.' }],
      responses: { 200: 'Package', ...errors(403, 404, 409) },
      handle: async (call) => {
        const id = ownEntity(call, 'DELETE', NAME)
        const force = new QueryParameters(call.rawQuery).boolean('force', false)
        return deletedAnswer(services.options, await service.delete(id, force))
      },
    },
  ]
}

async function putPackage(services: ApiServices, service: PackageService, call: Call): Promise<Answer> {
  const id = ownEntity(call, 'PUT', NAME)
  const given = await readPut(services, call)
  if (id.name === RESERVED_NAME) throw new Refusal('package-reserved', { name: id.name })
  const put = parsePackagePut(given, id.path)
  return putAnswer(services.options, await service.put(call.user, id, put, given.overwrite))
}
