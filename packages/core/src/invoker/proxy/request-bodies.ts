import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { TraceCarrier } from '../../model/tracer.ts'
import { authKeyText } from '../../model/identity.ts'
import type { JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { isTruthy, parameterValue } from '../../model/parameters.ts'
import { actionOfCaller } from '../parts/action-of-caller.ts'
import type { LoadedAction } from '../parts/loaded-action.ts'
import type { Payload } from './payload.ts'

/** What both requests tell the action of its activation; `deadline` is epoch ms. */
function metadata(message: ActivationMessage, { action }: LoadedAction, deadline: number): Record<string, string> {
  const { user } = message
  const fields: Record<string, string> = {
    namespace: user.namespace.name,
    action_name: `/${message.action.path}/${message.action.name}`,
    action_version: message.action.version ?? action.version,
    activation_id: message.activationId,
    transaction_id: message.transaction.id,
    deadline: String(deadline),
  }
  if (isTruthy(parameterValue(action.annotations, 'provide-api-key'), true))
    fields['api_key'] = authKeyText(user.authkey)
  if (message.traceContext) addTrace(fields, message.traceContext)
  return fields
}

/** So that the code of the action can go on with the trace. */
function addTrace(fields: Record<string, string>, { traceparent, tracestate }: TraceCarrier): void {
  if (traceparent === undefined) return
  fields['traceparent'] = traceparent
  fields['trace_context'] = JSON.stringify(tracestate === undefined ? { traceparent } : { traceparent, tracestate })
}

/**
 * The body of `POST /init`, JSON text. A runtime that could let runs overlap is told with `oneByOne` that those of this
 * action never do.
 */
export function initBody(
  message: ActivationMessage,
  action: LoadedAction,
  payload: Payload,
  deadline: number,
  oneByOne: boolean,
): string {
  // The platform's own come last, so that no parameter can pass for them.
  const env = Object.fromEntries([
    ...Object.entries(payload.initParameters).map(([name, value]) => [name, environmentText(value)]),
    ...Object.entries(metadata(message, action, deadline)).map(([name, value]) => [
      `__OW_${name.toUpperCase()}`,
      value,
    ]),
    ...(oneByOne ? [['__OW_ALLOW_CONCURRENT', 'false']] : []),
  ])
  return `{"value":{${action.initFieldsText},"env":${JSON.stringify(env)}}}`
}

/** The body of `POST /run`, JSON text. The arguments are copied, not serialised again. */
export function runBody(message: ActivationMessage, action: LoadedAction, payload: Payload, deadline: number): string {
  const { first, apiKey } = actionOfCaller(message, action).runFields
  const { activationId, transaction, traceContext } = message
  const own = `"activation_id":${JSON.stringify(activationId)},"transaction_id":${JSON.stringify(transaction.id)}`
  const text = `{"value":${payload.argumentsText},${first},${own},"deadline":"${deadline}"${apiKey}`
  return traceContext?.traceparent === undefined ? `${text}}` : `${text},${traceText(traceContext)}}`
}

function traceText(context: TraceCarrier): string {
  const fields: Record<string, string> = {}
  addTrace(fields, context)
  return JSON.stringify(fields).slice(1, -1)
}

function environmentText(value: JsonValue): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : stringifyJson(value)
}
