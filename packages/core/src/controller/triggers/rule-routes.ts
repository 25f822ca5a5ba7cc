import { overwriteParameter, readPut } from '../writes/put-content.ts'
import { jsonAnswer, OK, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { readJson } from '../http/json-body.ts'
import { entityLimit } from '../http/read-body.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { authorizeReferences } from './check-references.ts'
import { parseRulePut, parseRuleState } from './parse-rule-put.ts'
import { listedRule } from './rule-json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { namespaceListing } from '../collections/namespace-listing.ts'
import { errors } from '../http/error-responses.ts'
import { ownEntity } from '../admission/own-entity.ts'
import { RuleService } from './rule-service.ts'
import type { TriggerLinks } from './trigger-links.ts'

const NAME = 'ruleName'
const ENTITY = `/api/v1/namespaces/{namespace}/rules/{${NAME}}`

/** `…/rules`: those of the caller. */
export function ruleRoutes(services: ApiServices, links: TriggerLinks): readonly UserRoute[] {
  const service = new RuleService(services, links)
  const common = { auth: 'basic', tag: 'Rules' } as const
  return [
    namespaceListing(services, {
      collection: 'rules',
      tag: 'Rules',
      schema: 'RuleList',
      summary: 'Rules of a namespace, without their status',
      show: listedRule,
    }),
    {
      ...common,
      method: 'GET',
      path: ENTITY,
      operationId: 'getRuleByName',
      summary: 'Read a rule',
      responses: { 200: 'Rule', ...errors(403, 404, 409) },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.get(ownEntity(call, 'READ', NAME)))),
    },
    {
      ...common,
      method: 'PUT',
      path: ENTITY,
      operationId: 'updateRule',
      summary: 'Create or update a rule',
      query: [overwriteParameter('a rule')],
      request: 'RulePut',
      responses: { 200: 'Rule', ...errors(400, 403, 404, 409, 413) },
      handle: (call) => putRule(services, service, call),
    },
    {
      ...common,
      method: 'DELETE',
      path: ENTITY,
      operationId: 'deleteRule',
      summary: 'Delete a rule',
      responses: { 200: 'Rule', ...errors(403, 404, 409) },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.delete(ownEntity(call, 'DELETE', NAME)))),
    },
    {
      ...common,
      method: 'POST',
      path: ENTITY,
      operationId: 'setState',
      summary: 'Activate or deactivate a rule',
      request: 'RuleState',
      responses: { 200: 'text', 202: 'text', ...errors(400, 403, 404, 409) },
      handle: async (call) => {
        const id = ownEntity(call, 'ACTIVATE', NAME)
        const body = await readJson(call, entityLimit(services.parts.limits))
        await service.setStatus(id, parseRuleState(body))
        return OK
      },
    },
  ]
}

async function putRule(services: ApiServices, service: RuleService, call: Call): Promise<Answer> {
  const { user } = call
  const id = ownEntity(call, 'PUT', NAME)
  const given = await readPut(services, call)
  const put = parseRulePut(given, id.path)
  await authorizeReferences(services.cache, user, put)
  return jsonAnswer(200, stringifyJson(await service.put(user, id, put, given.overwrite)))
}
