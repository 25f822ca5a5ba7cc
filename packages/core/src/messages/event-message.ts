import type { Activation, StatusCode } from '../model/activation.ts'
import type { Identity } from '../model/identity.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject, numberOf } from '../model/json.ts'
import type { Mutable } from '../mutable.ts'
import type { MessageBody } from '../queue/queue.ts'
import { ReferenceBody, referenced } from '../queue/message-body.ts'
import { malformed, object, parseMessage, text } from './message-fields.ts'

/** Topic of what happens to users' activations, for metering and metrics outside the platform. */
export const EVENTS_TOPIC = 'events'

/** OpenWhisk's user event: who caused it, and what it was. */
export interface EventMessage {
  /** `controller<id>` or `invoker<N>`. */
  readonly source: string
  readonly subject: string
  /** Of the caller. */
  readonly namespace: string
  /** UUID of that namespace. */
  readonly userId: string
  /** Epoch ms. */
  readonly timestamp: number
  readonly body: ActivationEvent | MetricEvent
}

/** An activation has ended. Times are whole ms. */
export interface ActivationEvent {
  /** Fully qualified, without a version: `namespace/[package/]action`. */
  readonly name: string
  readonly activationId: string
  readonly statusCode: StatusCode
  readonly duration: number
  readonly waitTime: number
  /** 0 for a warm start. */
  readonly initTime: number
  readonly kind: string
  readonly conductor: boolean
  /** MB; 0 when unknown. */
  readonly memory: number
  readonly causedBy?: string
  /** Bytes of the result. */
  readonly size?: number
  /** What the action itself gave as `statusCode`; 400 when that was no number. */
  readonly userDefinedStatusCode?: number
}

/** A request met a limit of its namespace, or passed it. */
export interface MetricEvent {
  readonly metricName: 'ConcurrentRateLimit' | 'TimedRateLimit' | 'ConcurrentInvocations'
  /** 1 for a limit that was met; for `ConcurrentInvocations`, how many there are now. */
  readonly metricValue: number
}

/** Takes what a controller or an invoker has to tell about a user. Called synchronously on the way of requests. */
export type EmitEvent = (user: Identity, body: EventMessage['body']) => void

/** Undefined for records that tell neither path nor kind: those of triggers. */
export function activationEvent({
  activationId,
  duration = 0,
  response,
  annotations,
}: Activation): ActivationEvent | undefined {
  let name, kind, limits, causedBy, waitTime, initTime, conductor: JsonValue | undefined
  // One pass: every activation comes this way.
  for (const { key, value } of annotations) {
    if (key === 'path') name = value
    else if (key === 'kind') kind = value
    else if (key === 'limits') limits = value
    else if (key === 'waitTime') waitTime = value
    else if (key === 'initTime') initTime = value
    else if (key === 'causedBy') causedBy = value
    else if (key === 'conductor') conductor = value
  }
  if (typeof name !== 'string' || typeof kind !== 'string') return undefined
  const { statusCode, size } = response
  const userDefinedStatusCode = statusCodeOf(response.result)
  // Field by field: spreading what is optional is slow, and every activation comes this way.
  const event: Mutable<ActivationEvent> = {
    name,
    activationId,
    statusCode,
    duration,
    waitTime: whole(waitTime),
    initTime: whole(initTime),
    kind,
    conductor: conductor === true,
    memory: isJsonObject(limits) ? whole(limits['memory']) : 0,
  }
  if (typeof causedBy === 'string') event.causedBy = causedBy
  if (size !== undefined) event.size = size
  if (userDefinedStatusCode !== undefined) event.userDefinedStatusCode = userDefinedStatusCode
  return event
}

const TYPE = Symbol('EventMessage')

export function eventBody(event: EventMessage): MessageBody {
  return new ReferenceBody(TYPE, event, (message) =>
    JSON.stringify({ ...message, eventType: 'metricName' in message.body ? 'Metric' : 'Activation' }),
  )
}

/** @throws ERR_CORRUPT the body is not a user event. */
export function readEvent(body: MessageBody): EventMessage {
  return referenced<EventMessage>(body, TYPE) ?? decode(parseMessage(body, 'user event'))
}

function decode(json: JsonObject): EventMessage {
  const body = object(json, 'body')
  return {
    source: text(json, 'source'),
    subject: text(json, 'subject'),
    namespace: text(json, 'namespace'),
    userId: text(json, 'userId'),
    timestamp: number(json, 'timestamp'),
    body: 'metricName' in body ? readMetric(body) : readActivationEvent(body),
  }
}

function readMetric(body: JsonObject): MetricEvent {
  const metricName = text(body, 'metricName')
  if (metricName === 'ConcurrentRateLimit' || metricName === 'TimedRateLimit' || metricName === 'ConcurrentInvocations')
    return { metricName, metricValue: number(body, 'metricValue') }
  return malformed('metricName', 'the name of a metric')
}

function readActivationEvent(body: JsonObject): ActivationEvent {
  const { causedBy } = body
  const size = numberOf(body['size'])
  const userDefinedStatusCode = numberOf(body['userDefinedStatusCode'])
  const statusCode = number(body, 'statusCode')
  return {
    name: text(body, 'name'),
    activationId: text(body, 'activationId'),
    statusCode:
      statusCode === 0 || statusCode === 1 || statusCode === 2 || statusCode === 3
        ? statusCode
        : malformed('statusCode', 'a status from 0 to 3'),
    duration: number(body, 'duration'),
    waitTime: number(body, 'waitTime'),
    initTime: number(body, 'initTime'),
    kind: text(body, 'kind'),
    conductor: body['conductor'] === true,
    memory: number(body, 'memory'),
    ...(typeof causedBy === 'string' ? { causedBy } : {}),
    ...(size === undefined ? {} : { size }),
    ...(userDefinedStatusCode === undefined ? {} : { userDefinedStatusCode }),
  }
}

/** Results are large and rarely name a status: the text tells at less cost than the value. */
function statusCodeOf(result: Activation['response']['result']): number | undefined {
  if (!result?.text.includes('"statusCode"')) return undefined
  const { value } = result
  if (!isJsonObject(value)) return undefined
  const { error } = value
  const holder = isJsonObject(error) && Object.hasOwn(error, 'statusCode') ? error : value
  if (!Object.hasOwn(holder, 'statusCode')) return undefined
  return Math.trunc(numberOf(holder['statusCode']) ?? 400)
}

function whole(value: JsonValue | undefined): number {
  return Math.trunc(numberOf(value) ?? 0)
}

function number(json: JsonObject, field: string): number {
  return numberOf(json[field]) ?? malformed(field, 'a number')
}
