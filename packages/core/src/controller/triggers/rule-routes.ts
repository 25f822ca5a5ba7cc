import { listEntities } from '../entities/list-entities.ts'
import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { readPut } from '../writes/put-content.ts'
import { jsonAnswer, OK, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { readJson } from '../http/json-body.ts'
import { entityLimit } from '../http/read-body.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import type { EntityId } from '../../model/entity-name.ts'
import type { Right } from '../../model/identity.ts'
import { authorizeReferences } from './check-references.ts'
import { parseRulePut, parseRuleState } from './parse-rule-put.ts'
import { listedRule } from './rule-json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { RuleService } from './rule-service.ts'
import type { TriggerLinks } from './trigger-links.ts'

const COLLECTION = '/api/v1/namespaces/{namespace}/rules'
const ENTITY = `${COLLECTION}/{ruleName}`

/** `…/rules`: those of the caller. */
export function ruleRoutes(services: ApiServices, links: TriggerLinks): readonly UserRoute[] {
  const service = new RuleService(services, links)
  const common = { auth: 'basic', tag: 'Rules' } as const
  return [
    {
      ...common,
      method: 'GET',
      path: COLLECTION,
      operationId: 'getAllRules',
      trailingSlash: true,
      summary: 'Rules of a namespace, without their status',
      query: LIST_PARAMETERS,
      responses: { 200: 'RuleList', 400: 'ErrorMessage', 403: 'ErrorMessage' },
      handle: (call) => {
        const path = targetNamespace(call)
        requireOwner(call.user, 'READ', path)
        return listEntities(services, call, { collection: 'rules', index: 'rules', path, show: listedRule })
      },
    },
    {
      ...common,
      method: 'GET',
      path: ENTITY,
      operationId: 'getRuleByName',
      summary: 'Read a rule',
      responses: { 200: 'Rule', 403: 'ErrorMessage', 404: 'ErrorMessage', 409: 'ErrorMessage' },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.get(ownId(call, 'READ')))),
    },
    {
      ...common,
      method: 'PUT',
      path: ENTITY,
      operationId: 'updateRule',
      summary: 'Create or update a rule',
      query: [{ name: 'overwrite', type: 'boolean', description: 'Whether to update a rule that exists.' }],
      request: 'RulePut',
      responses: {
        200: 'Rule',
        400: 'ErrorMessage',
        403: 'ErrorMessage',
        404: 'ErrorMessage',
        409: 'ErrorMessage',
        413: 'ErrorMessage',
      },
      handle: (call) => putRule(services, service, call),
    },
    {
      ...common,
      method: 'DELETE',
      path: ENTITY,
      operationId: 'deleteRule',
      summary: 'Delete a rule',
      responses: { 200: 'Rule', 403: 'ErrorMessage', 404: 'ErrorMessage', 409: 'ErrorMessage' },
      handle: async (call) => jsonAnswer(200, stringifyJson(await service.delete(ownId(call, 'DELETE')))),
    },
    {
      ...common,
      method: 'POST',
      path: ENTITY,
      operationId: 'setState',
      summary: 'Activate or deactivate a rule',
      request: 'RuleState',
      responses: {
        200: 'text',
        202: 'text',
        400: 'ErrorMessage',
        403: 'ErrorMessage',
        404: 'ErrorMessage',
        409: 'ErrorMessage',
      },
      handle: async (call) => {
        const id = ownId(call, 'ACTIVATE')
        const body = await readJson(call, entityLimit(services.parts.limits))
        await service.setStatus(id, parseRuleState(body))
        return OK
      },
    },
  ]
}

async function putRule(services: ApiServices, service: RuleService, call: Call): Promise<Answer> {
  const { user } = call
  const id = ownId(call, 'PUT')
  const given = await readPut(services, call)
  const overwrite = new QueryParameters(call.rawQuery).boolean('overwrite', false)
  const put = parseRulePut(given, id.path)
  await authorizeReferences(services.cache, user, put)
  return jsonAnswer(200, stringifyJson(await service.put(user, id, put, overwrite)))
}

function ownId(call: Call, right: Right): EntityId {
  const path = targetNamespace(call)
  const name = entityName(call, 'ruleName')
  requireOwner(call.user, right, path, name)
  return { path, name }
}
