import { documentId } from '../../model/entity-name.ts'
import { isSequence } from '../../model/exec.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { effectiveLimits } from '../admission/effective-limits.ts'
import { requireOwner, requirePackage } from '../admission/entitlement.ts'
import { requireReadableAction } from '../admission/execute-only.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import { requestLimit } from '../http/read-body.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import { deletedAnswer, putAnswer } from '../writes/written-answer.ts'
import { ActionService, isKindAllowed } from './action-service.ts'
import { authorizeComponents, checkSequence } from '../admission/check-sequence.ts'
import { invokeAction } from './invoke-action.ts'
import { INVOKE_PARAMETERS, InvokeQueries } from './invoke-query.ts'
import { listEntities } from '../entities/list-entities.ts'
import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { parseActionSettings } from './parse-action-put.ts'
import { checkLimits } from './parse-limits.ts'
import { overwriteParameter, readPut } from '../writes/put-content.ts'
import { locateAction, type ActionName } from '../admission/resolve-action.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { Refusal } from '../refusals/refusal.ts'
import { namespaceListing } from '../collections/namespace-listing.ts'
import { errors } from '../http/error-responses.ts'

const COLLECTION = '/api/v1/namespaces/{namespace}/actions'
const IN_NAMESPACE = `${COLLECTION}/{actionName}`
const IN_PACKAGE = `${COLLECTION}/{packageName}/{actionName}`

/** What the ids of operations say of the place. */
const PLACES = [
  { path: IN_NAMESPACE, inPackage: '' },
  { path: IN_PACKAGE, inPackage: 'InPackage' },
] as const

/** `…/actions`, in namespaces and in packages. */
export function actionRoutes(services: ApiServices): readonly UserRoute[] {
  const service = new ActionService(services)
  const queries = new InvokeQueries(services.parts.limits.maxBlockingWaitMs)
  const common = { auth: 'basic', tag: 'Actions' } as const
  return [
    namespaceListing(services, {
      collection: 'actions',
      tag: 'Actions',
      schema: 'ActionList',
      summary: 'Actions of a namespace and of all its packages',
    }),
    {
      ...common,
      method: 'GET',
      path: `${COLLECTION}/{packageName}/`,
      operationId: 'getAllActionsInPackage',
      summary: 'Actions of a package',
      query: LIST_PARAMETERS,
      responses: { 200: 'ActionList', ...errors(400, 403, 404, 409, 422) },
      handle: async (call) => {
        const id = { namespace: targetNamespace(call), name: entityName(call, 'packageName') }
        const { path } = await requirePackage(services.cache, call.user, 'READ', id, `${id.namespace}/${id.name}`)
        return listEntities(services, call, { collection: 'actions', index: 'actions', path })
      },
    },
    ...PLACES.flatMap(({ path, inPackage }): UserRoute[] => [
      {
        ...common,
        method: 'GET',
        path,
        operationId: `getAction${inPackage}ByName`,
        summary: 'Read an action',
        query: [{ name: 'code', type: 'boolean', description: 'Whether to include the code.' }],
        responses: { 200: 'Action', ...errors(400, 403, 404, 409, 422) },
        handle: async (call) => {
          const name = actionName(call)
          const place = await locateAction(services.cache, call.user, 'READ', name)
          requireReadableAction(services.options, call.user, name, place)
          const withCode = new QueryParameters(call.rawQuery).boolean('code', true)
          return jsonAnswer(200, stringifyJson(await service.get(place, withCode)))
        },
      },
      {
        ...common,
        method: 'PUT',
        path,
        operationId: `updateAction${inPackage}`,
        summary: 'Create or update an action',
        query: [overwriteParameter('an action')],
        request: 'ActionPut',
        responses: { 200: 'Action', ...errors(400, 403, 404, 409, 413) },
        handle: (call) => putAction(services, service, call),
      },
      {
        ...common,
        method: 'DELETE',
        path,
        operationId: `deleteAction${inPackage}`,
        summary: 'Delete an action',
        responses: { 200: 'Action', ...errors(400, 403, 404, 409) },
        handle: async (call) => {
          const id = await writableId(service, call, 'DELETE')
          return deletedAnswer(services.options, await service.delete(id))
        },
      },
      {
        ...common,
        method: 'POST',
        path,
        operationId: `invokeAction${inPackage}`,
        summary: 'Invoke an action',
        query: INVOKE_PARAMETERS,
        request: 'Arguments',
        responses: {
          200: 'InvocationAnswer',
          202: 'ActivationId',
          500: 'InvocationAnswer',
          502: 'InvocationAnswer',
          ...errors(403, 404, 408, 409, 413, 422, 429),
        },
        handle: (call) => invokeAction(services, queries, call, actionName(call)),
      },
    ]),
  ]
}

async function putAction(services: ApiServices, service: ActionService, call: Call): Promise<Answer> {
  const { parts, cache, options } = services
  const { user } = call
  const id = await writableId(service, call, 'PUT')
  const { body, content, overwrite } = await readPut(services, call, requestLimit(parts.limits.maxRequestBytes))
  const settings = parseActionSettings(body)
  checkLimits(settings.limits ?? {}, effectiveLimits(user.limits, parts.limits), parts.limits)
  const { exec } = content
  if (exec) {
    if (isSequence(exec)) await authorizeComponents(cache, user, 'READ', exec.components)
    if (!isKindAllowed(exec.kind, user, options.kindWhitelist))
      throw new Refusal('kind-not-authorized', { kind: exec.kind })
  }
  const check = async (): Promise<void> => {
    if (!exec || !isSequence(exec)) return
    await checkSequence(cache, user, documentId(id), exec.components, parts.limits.sequenceLength)
  }
  return putAnswer(options, await service.put(id, { ...content, ...settings }, overwrite, check))
}

/** Where a PUT or DELETE may write: in the caller's own namespace, and not through a binding. */
async function writableId(
  service: ActionService,
  call: Call,
  right: 'PUT' | 'DELETE',
): Promise<{ path: string; name: string }> {
  const { namespace, package: packageName, name } = actionName(call)
  if (packageName === undefined) {
    requireOwner(call.user, right, namespace, name)
    return { path: namespace, name }
  }
  requireOwner(call.user, right, namespace, `${packageName}/${name}`)
  const path = `${namespace}/${packageName}`
  await service.requireWritablePackage(path)
  return { path, name }
}

function actionName(call: Call): ActionName {
  const namespace = targetNamespace(call)
  if (call.params['packageName'] === undefined) return { namespace, name: entityName(call, 'actionName') }
  return { namespace, package: entityName(call, 'packageName'), name: entityName(call, 'actionName') }
}
