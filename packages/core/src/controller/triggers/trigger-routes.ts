import { overwriteParameter, readPut } from '../writes/put-content.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { fireTrigger } from './fire-trigger.ts'
import { parseTriggerPut } from './parse-trigger-put.ts'
import type { TriggerLinks } from './trigger-links.ts'
import { TriggerService } from './trigger-service.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { namespaceListing } from '../collections/namespace-listing.ts'
import { errors } from '../http/error-responses.ts'
import { ownEntity } from '../admission/own-entity.ts'

const NAME = 'triggerName'
const ENTITY = `/api/v1/namespaces/{namespace}/triggers/{${NAME}}`

/** `…/triggers`: those of the caller. */
export function triggerRoutes(services: ApiServices, links: TriggerLinks): readonly UserRoute[] {
  const service = new TriggerService(services, links)
  const common = { auth: 'basic', tag: 'Triggers' } as const
  return [
    namespaceListing(services, {
      collection: 'triggers',
      tag: 'Triggers',
      schema: 'TriggerList',
      summary: 'Triggers of a namespace',
    }),
    {
      ...common,
      method: 'GET',
      path: ENTITY,
      operationId: 'getTriggerByName',
      summary: 'Read a trigger',
      responses: { 200: 'Trigger', ...errors(403, 404, 409) },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.get(ownEntity(call, 'READ', NAME)))),
    },
    {
      ...common,
      method: 'PUT',
      path: ENTITY,
      operationId: 'updateTrigger',
      summary: 'Create or update a trigger',
      query: [overwriteParameter('a trigger')],
      request: 'TriggerPut',
      responses: { 200: 'Trigger', ...errors(400, 403, 409, 413) },
      handle: (call) => putTrigger(services, service, call),
    },
    {
      ...common,
      method: 'DELETE',
      path: ENTITY,
      operationId: 'deleteTrigger',
      summary: 'Delete a trigger; rules that refer to it stay, inactive',
      responses: { 200: 'Trigger', ...errors(403, 404, 409) },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.delete(ownEntity(call, 'DELETE', NAME)))),
    },
    {
      ...common,
      method: 'POST',
      path: ENTITY,
      operationId: 'fireTrigger',
      summary: 'Fire a trigger: invoke the actions of its active rules',
      request: 'Arguments',
      responses: { 202: 'ActivationId', 204: 'none', ...errors(400, 403, 404, 408, 409, 413, 429) },
      handle: (call) => fireTrigger(services, call),
    },
  ]
}

async function putTrigger(services: ApiServices, service: TriggerService, call: Call): Promise<Answer> {
  const id = ownEntity(call, 'PUT', NAME)
  const given = await readPut(services, call)
  return jsonAnswer(200, stringifyJson(await service.put(id, parseTriggerPut(given), given.overwrite)))
}
