import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { Activation, ActivationResponse } from '../../model/activation.ts'
import { fixedParameter } from '../../model/activation-codec.ts'
import { documentId } from '../../model/entity-name.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import type { Parameter } from '../../model/parameters.ts'
import { FIRST_VERSION } from '../../model/semantic-version.ts'
import type { LoadedAction } from '../parts/loaded-action.ts'
import type { StageTimes } from '../parts/observer.ts'
import type { Acquisition } from '../parts/job.ts'
import type { Mutable } from '../../mutable.ts'

const NO_LOGS: readonly string[] = []
const STAGES = 'stages'
const CAUSED_BY_SEQUENCE = fixedParameter({ key: 'causedBy', value: 'sequence' })
/** What is said of containers that were had for no reason worth telling. */
const ACQUIRED = new Map<Acquisition['how'], Parameter>()

export interface RunFacts {
  readonly response: ActivationResponse
  /** When the first request went to the container, or when it became clear that none would; epoch ms. */
  readonly start: number
  /** From then to the answer; 0 when there was no container. */
  readonly durationMs: number
  readonly timedOut: boolean
  readonly stages: StageTimes
  /** Undefined when no container was had. */
  readonly acquisition: Acquisition | undefined
}

/** The record of an activation whose action was found, still without its logs. */
export function recordOfRun(message: ActivationMessage, action: LoadedAction, facts: RunFacts): Activation {
  const { start, durationMs, response, stages, timedOut, acquisition } = facts
  const { init } = stages
  const { binding } = message.action
  const duration = Math.round(durationMs)
  const annotations: Parameter[] = [
    { key: 'path', value: documentId(message.action) },
    { key: 'waitTime', value: Math.max(0, start - message.transaction.start) },
    action.kindAnnotation,
    { key: 'timeout', value: timedOut },
    action.limitsAnnotation,
  ]
  if (init !== undefined) annotations.push({ key: 'initTime', value: Math.round(init) })
  if (message.cause !== undefined) annotations.push(CAUSED_BY_SEQUENCE)
  if (binding !== undefined) annotations.push({ key: 'binding', value: binding })
  if (acquisition) annotations.push(acquired(acquisition))
  annotations.push({ key: STAGES, value: stagesJson(stages) })
  return recordOf(message, action.action.version, { start, end: start + duration, duration, response, annotations })
}

/** The record of an activation whose action could not be had. */
export function recordWithoutAction(message: ActivationMessage, response: ActivationResponse, now: number): Activation {
  const annotations: Parameter[] = [
    { key: 'path', value: documentId(message.action) },
    { key: 'kind', value: 'unknown' },
  ]
  if (message.cause !== undefined) annotations.push(CAUSED_BY_SEQUENCE)
  return recordOf(message, FIRST_VERSION, { start: now, end: now, duration: 0, response, annotations })
}

/** The record with its logs, and with the time they took if it tells the times of its stages. */
export function withLogs(record: Activation, logs: readonly string[], logsMs: number): Activation {
  const last = record.annotations.at(-1)
  if (last?.key !== STAGES || !isJsonObject(last.value)) return copyOf(record, logs, record.annotations)
  const annotations = record.annotations.slice(0, -1)
  annotations.push({ key: STAGES, value: Object.assign({}, last.value, { logs: toThousandths(logsMs) }) })
  return copyOf(record, logs, annotations)
}

// Field by field: a spread is slow, and every activation comes this way.
function copyOf(record: Activation, logs: Activation['logs'], annotations: Activation['annotations']): Activation {
  const { namespace, name, version, subject, activationId, publish, start, end, duration, response, cause } = record
  const copy: Mutable<Activation> = {
    namespace,
    name,
    version,
    subject,
    activationId,
    publish,
    logs,
    start,
    response,
    annotations,
  }
  if (end !== undefined) copy.end = end
  if (duration !== undefined) copy.duration = duration
  if (cause !== undefined) copy.cause = cause
  return copy
}

function recordOf(
  { user, action, activationId, cause }: ActivationMessage,
  version: string,
  rest: Pick<Activation, 'response' | 'annotations'> & Required<Pick<Activation, 'start' | 'end' | 'duration'>>,
): Activation {
  const { start, end, duration, response, annotations } = rest
  const record: Mutable<Activation> = {
    namespace: user.namespace.name,
    name: action.name,
    version: action.version ?? version,
    subject: user.subject,
    activationId,
    publish: false,
    logs: NO_LOGS,
    start,
    end,
    duration,
    response,
    annotations,
  }
  if (cause !== undefined) record.cause = cause
  return record
}

function acquired({ how, reason }: Acquisition): Parameter {
  if (reason !== undefined) return { key: 'acquired', value: { how, reason } }
  let known = ACQUIRED.get(how)
  if (!known) ACQUIRED.set(how, (known = fixedParameter({ key: 'acquired', value: { how } })))
  return known
}

function stagesJson({ queue, acquire, init, run }: StageTimes): JsonObject {
  const stages: JsonObject = { queue: toThousandths(queue), acquire: toThousandths(acquire) }
  if (init !== undefined) stages['init'] = toThousandths(init)
  if (run !== undefined) stages['run'] = toThousandths(run)
  return stages
}

function toThousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
