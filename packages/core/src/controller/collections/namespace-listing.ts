import type { JsonValue } from '../../model/json.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { targetNamespace } from '../admission/target-namespace.ts'
import { listEntities } from '../entities/list-entities.ts'
import { LIST_PARAMETERS } from '../entities/list-query.ts'
import { errors } from '../http/error-responses.ts'
import type { UserRoute } from '../http/route.ts'
import type { ApiServices } from '../services/api-services.ts'

export interface NamespaceListing {
  readonly collection: 'actions' | 'triggers' | 'rules'
  readonly tag: 'Actions' | 'Triggers' | 'Rules'
  readonly schema: 'ActionList' | 'TriggerList' | 'RuleList'
  readonly summary: string
  /** See `Listing`. */
  readonly show?: (value: JsonValue) => JsonValue
}

/** `GET` of a whole collection of a namespace, for its owner. */
export function namespaceListing(
  services: ApiServices,
  { collection, tag, schema, summary, show }: NamespaceListing,
): UserRoute {
  return {
    method: 'GET',
    auth: 'basic',
    tag,
    path: `/api/v1/namespaces/{namespace}/${collection}`,
    operationId: `getAll${tag}`,
    trailingSlash: true,
    summary,
    query: LIST_PARAMETERS,
    responses: { 200: schema, ...errors(400, 403) },
    handle: (call) => {
      const path = targetNamespace(call)
      requireOwner(call.user, 'READ', path)
      return listEntities(services, call, { collection, index: collection, path, ...(show && { show }) })
    },
  }
}
