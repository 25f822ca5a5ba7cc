import { listEntities } from '../entities/list-entities.ts'
import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { parseHeadPut, parseListField } from '../entities/put-fields.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../http/api-services.ts'
import { effectiveLimits } from '../http/effective-limits.ts'
import { requireOwner } from '../http/entitlement.ts'
import { readJsonObject } from '../http/json-body.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { entityName, targetNamespace } from '../http/target-namespace.ts'
import { fireTrigger } from './fire-trigger.ts'
import type { TriggerLinks } from './trigger-links.ts'
import { TriggerService } from './trigger-service.ts'

const COLLECTION = '/api/v1/namespaces/{namespace}/triggers'
const ENTITY = `${COLLECTION}/{triggerName}`

/** `…/triggers`: those of the caller. */
export function triggerRoutes(services: ApiServices, links: TriggerLinks): readonly UserRoute[] {
  const service = new TriggerService(services, links)
  const common = { auth: 'basic', tag: 'Triggers' } as const
  return [
    {
      ...common,
      method: 'GET',
      path: COLLECTION,
      operationId: 'getAllTriggers',
      trailingSlash: true,
      summary: 'Triggers of a namespace',
      query: LIST_PARAMETERS,
      responses: { 200: 'TriggerList', 400: 'ErrorMessage', 403: 'ErrorMessage' },
      handle: (call) => {
        const path = targetNamespace(call)
        requireOwner(call.user, 'READ', path)
        return listEntities(services, call, { collection: 'triggers', index: 'triggers', path })
      },
    },
    {
      ...common,
      method: 'GET',
      path: ENTITY,
      operationId: 'getTriggerByName',
      summary: 'Read a trigger',
      responses: { 200: 'Trigger', 403: 'ErrorMessage', 404: 'ErrorMessage', 409: 'ErrorMessage' },
      handle: async (call) => {
        const path = targetNamespace(call)
        const name = entityName(call, 'triggerName')
        requireOwner(call.user, 'READ', path, name)
        return jsonAnswer(200, JSON.stringify(await service.get({ path, name })))
      },
    },
    {
      ...common,
      method: 'PUT',
      path: ENTITY,
      operationId: 'updateTrigger',
      summary: 'Create or update a trigger',
      query: [{ name: 'overwrite', type: 'boolean', description: 'Whether to update a trigger that exists.' }],
      request: 'TriggerPut',
      responses: { 200: 'Trigger', 400: 'ErrorMessage', 403: 'ErrorMessage', 409: 'ErrorMessage', 413: 'ErrorMessage' },
      handle: (call) => putTrigger(services, service, call),
    },
    {
      ...common,
      method: 'DELETE',
      path: ENTITY,
      operationId: 'deleteTrigger',
      summary: 'Delete a trigger; rules that refer to it stay, inactive',
      responses: { 200: 'Trigger', 403: 'ErrorMessage', 404: 'ErrorMessage', 409: 'ErrorMessage' },
      handle: async (call) => {
        const path = targetNamespace(call)
        const name = entityName(call, 'triggerName')
        requireOwner(call.user, 'DELETE', path, name)
        return jsonAnswer(200, JSON.stringify(await service.delete({ path, name })))
      },
    },
    {
      ...common,
      method: 'POST',
      path: ENTITY,
      operationId: 'fireTrigger',
      summary: 'Fire a trigger: invoke the actions of its active rules',
      request: 'Arguments',
      responses: {
        202: 'ActivationId',
        204: 'none',
        400: 'ErrorMessage',
        403: 'ErrorMessage',
        404: 'ErrorMessage',
        408: 'ErrorMessage',
        409: 'ErrorMessage',
        413: 'ErrorMessage',
        429: 'ErrorMessage',
      },
      handle: (call) => fireTrigger(services, call),
    },
  ]
}

async function putTrigger({ parts }: ApiServices, service: TriggerService, call: Call): Promise<Answer> {
  const { user } = call
  const path = targetNamespace(call)
  const name = entityName(call, 'triggerName')
  requireOwner(user, 'PUT', path, name)
  const overwrite = new QueryParameters(call.rawQuery).boolean('overwrite', false)
  const body = await readJsonObject(call.request, parts.limits.maxRequestBytes)
  const { maxParameterBytes } = effectiveLimits(user.limits, parts.limits)
  const put = { ...parseListField(body, 'parameters', maxParameterBytes), ...parseHeadPut(body, maxParameterBytes) }
  return jsonAnswer(200, JSON.stringify(await service.put({ path, name }, put, overwrite)))
}
