import { listEntities } from '../entities/list-entities.ts'
import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { readPut } from '../writes/put-content.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import { fireTrigger } from './fire-trigger.ts'
import { parseTriggerPut } from './parse-trigger-put.ts'
import type { TriggerLinks } from './trigger-links.ts'
import { TriggerService } from './trigger-service.ts'
import { stringifyJson } from '../../model/json-number.ts'

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
        return jsonAnswer(200, stringifyJson(await service.get({ path, name })))
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
        return jsonAnswer(200, stringifyJson(await service.delete({ path, name })))
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

async function putTrigger(services: ApiServices, service: TriggerService, call: Call): Promise<Answer> {
  const { user } = call
  const path = targetNamespace(call)
  const name = entityName(call, 'triggerName')
  requireOwner(user, 'PUT', path, name)
  const given = await readPut(services, call)
  const overwrite = new QueryParameters(call.rawQuery).boolean('overwrite', false)
  const put = parseTriggerPut(given)
  return jsonAnswer(200, stringifyJson(await service.put({ path, name }, put, overwrite)))
}
