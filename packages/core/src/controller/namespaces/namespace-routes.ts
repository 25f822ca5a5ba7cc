import type { PlatformLimits } from '../../model/platform-limits.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import { limitsDocument } from '../admission/effective-limits.ts'
import { requireOwner } from '../admission/entitlement.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { targetNamespace } from '../admission/target-namespace.ts'
import { Refusal } from '../refusals/refusal.ts'
import { errors } from '../http/error-responses.ts'

const LIMITS = '/api/v1/namespaces/{namespace}/limits'

/** A caller has exactly one namespace; there is no document about it but its limits. */
export function namespaceRoutes(platform: PlatformLimits): readonly UserRoute[] {
  return [
    {
      method: 'GET',
      auth: 'basic',
      path: '/api/v1/namespaces',
      trailingSlash: true,
      tag: 'Namespaces',
      operationId: 'getAllNamespaces',
      summary: 'Namespaces of the caller',
      responses: { 200: 'NamespaceList' },
      handle: ({ user }) => jsonAnswer(200, JSON.stringify([user.namespace.name])),
    },
    {
      method: 'GET',
      auth: 'basic',
      path: LIMITS,
      trailingSlash: true,
      tag: 'Limits',
      operationId: 'getLimits',
      summary: 'Limits in force for a namespace',
      responses: { 200: 'UserLimits', ...errors(403) },
      handle: (call) => showLimits(call, platform),
    },
    {
      method: 'GET',
      auth: 'basic',
      path: `${LIMITS}/{name}`,
      summary: 'Refused: single limits cannot be read',
      responses: { ...errors(400) },
      handle: (call) => {
        targetNamespace(call)
        throw new Refusal('single-limit-unreadable')
      },
    },
  ]
}

function showLimits(call: Call, platform: PlatformLimits): Answer {
  requireOwner(call.user, 'READ', targetNamespace(call))
  return jsonAnswer(200, JSON.stringify(limitsDocument(call.user.limits, platform)))
}
