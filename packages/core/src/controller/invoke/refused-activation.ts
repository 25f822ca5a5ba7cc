import type { Activation } from '../../model/activation.ts'
import { JsonText } from '../../model/json-text.ts'
import { limitsJson } from '../../model/action-codec.ts'
import { documentId } from '../../model/entity-name.ts'
import type { ActivationRequest } from './activator.ts'

/** The terminal record of an activation that never ran, or of which nothing was heard: a whisk internal error. */
export function refusedActivation(
  { user, target, cause, binding }: ActivationRequest,
  activationId: string,
  nowMs: number,
  error: string,
): Activation {
  const { action } = target
  return {
    namespace: user.namespace.name,
    name: action.name,
    version: action.version,
    subject: user.subject,
    activationId,
    ...(cause === undefined ? {} : { cause }),
    start: nowMs,
    end: nowMs,
    duration: 0,
    publish: false,
    response: { statusCode: 3, result: JsonText.of({ error }) },
    logs: [],
    annotations: [
      { key: 'path', value: documentId(action) },
      { key: 'kind', value: action.exec.kind },
      { key: 'limits', value: limitsJson(action.limits) },
      ...(cause === undefined ? [] : [{ key: 'causedBy', value: 'sequence' }]),
      ...(binding === undefined ? [] : [{ key: 'binding', value: binding }]),
    ],
  }
}
