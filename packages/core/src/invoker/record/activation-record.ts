import type { ActivationMessage } from '../../messages/activation-message.ts'
import { limitsJson } from '../../model/action-codec.ts'
import type { Activation, ActivationResponse } from '../../model/activation.ts'
import { documentId } from '../../model/entity-name.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Parameter } from '../../model/parameters.ts'
import type { LoadedAction } from '../loaded-action.ts'
import type { StageTimes } from '../observer.ts'
import type { Acquisition } from '../pool/job.ts'

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
export function recordOfRun(message: ActivationMessage, { action, kind }: LoadedAction, facts: RunFacts): Activation {
  const { start, durationMs, response, stages, timedOut, acquisition } = facts
  const { init } = stages
  const { binding } = message.action
  const duration = Math.round(durationMs)
  return {
    ...identity(message, action.version),
    start,
    end: start + duration,
    duration,
    response,
    annotations: [
      { key: 'path', value: documentId(message.action) },
      { key: 'waitTime', value: Math.max(0, start - message.transaction.start) },
      { key: 'kind', value: kind },
      { key: 'timeout', value: timedOut },
      { key: 'limits', value: limitsJson(action.limits) },
      ...(init === undefined ? [] : [{ key: 'initTime', value: Math.round(init) }]),
      ...causedBy(message),
      ...(binding === undefined ? [] : [{ key: 'binding', value: binding }]),
      ...(acquisition === undefined ? [] : [{ key: 'acquired', value: { ...acquisition } }]),
      { key: 'stages', value: stagesJson(stages) },
    ],
  }
}

/** The record of an activation whose action could not be had. */
export function recordWithoutAction(message: ActivationMessage, response: ActivationResponse, now: number): Activation {
  return {
    ...identity(message, '0.0.1'),
    start: now,
    end: now,
    duration: 0,
    response,
    annotations: [
      { key: 'path', value: documentId(message.action) },
      { key: 'kind', value: 'unknown' },
      ...causedBy(message),
    ],
  }
}

/** The record with its logs, and with the time they took when it tells the times of its stages. */
export function withLogs(record: Activation, logs: readonly string[], logsMs: number): Activation {
  const annotations = record.annotations.map(({ key, value }) =>
    key === 'stages' ? { key, value: { ...(value as JsonObject), logs: toThousandths(logsMs) } } : { key, value },
  )
  return { ...record, logs, annotations }
}

function identity(
  { user, action, activationId, cause }: ActivationMessage,
  version: string,
): Pick<Activation, 'namespace' | 'name' | 'version' | 'subject' | 'activationId' | 'cause' | 'publish' | 'logs'> {
  return {
    namespace: user.namespace.name,
    name: action.name,
    version: action.version ?? version,
    subject: user.subject,
    activationId,
    ...(cause === undefined ? {} : { cause }),
    publish: false,
    logs: [],
  }
}

function causedBy({ cause }: ActivationMessage): Parameter[] {
  return cause === undefined ? [] : [{ key: 'causedBy', value: 'sequence' }]
}

function stagesJson({ queue, acquire, init, run }: StageTimes): JsonObject {
  return {
    queue: toThousandths(queue),
    acquire: toThousandths(acquire),
    ...(init === undefined ? {} : { init: toThousandths(init) }),
    ...(run === undefined ? {} : { run: toThousandths(run) }),
  }
}

function toThousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
