import { DEFAULT_PLATFORM_LIMITS, type ActivationEvent, type EventMessage, type MetricEvent } from '@stemcell/core'
import type { Registry } from 'prom-client'
import type { PrometheusClient } from './prometheus-client.ts'

const STATUSES = ['success', 'application_error', 'action_developer_error', 'whisk_internal_error'] as const
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const SIZES = Array.from({ length: 10 }, (_, index) => index * DEFAULT_PLATFORM_LIMITS.maxPayloadBytes)
const ACTION = ['namespace', 'initiator', 'action'] as const

/** Counts user events under the names and labels of OpenWhisk's own service for them, which dashboards know. */
export function actionMetrics({ Counter, Gauge, Histogram }: PrometheusClient, register: Registry) {
  const registers = [register]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `openwhisk_action_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `openwhisk_action_${name}`, help, labelNames: ACTION, buckets, registers })

  const activations = counter('activations_total', 'Activations that ended', [...ACTION, 'kind', 'memory'])
  const coldStarts = counter('coldStarts_total', 'Activations that initialised their container', ACTION)
  const waitTime = histogram('waitTime_seconds', 'From the request to the start of the action', SECONDS)
  const initTime = histogram('initTime_seconds', 'Initialisation of the container, where there was one', SECONDS)
  const duration = histogram('duration_seconds', 'Run of the action, initialisation included', SECONDS)
  const size = histogram('response_size_bytes', 'Length of the result', SIZES)
  const memory = new Gauge({
    name: 'openwhisk_action_memory',
    help: 'Memory limit of the action, MB',
    labelNames: ACTION,
    registers,
  })
  const statuses = counter('status', 'Activations by how they ended', [...ACTION, 'status'])
  const statusCodes = counter('status_code', 'Activations by the status code that the action gave', [
    ...ACTION,
    'status_code',
  ])
  const concurrent = counter('limit_concurrent_total', 'Requests over the limit of concurrent ones', ['namespace'])
  const timed = counter('limit_timed_total', 'Requests over the limit per minute', ['namespace'])

  const activation = (initiator: string, event: ActivationEvent): void => {
    const slash = event.name.indexOf('/')
    const labels = { namespace: event.name.slice(0, slash), initiator, action: event.name.slice(slash + 1) }
    activations.inc({ ...labels, kind: event.kind, memory: String(event.memory) })
    waitTime.observe(labels, event.waitTime / 1000)
    if (event.initTime > 0) {
      coldStarts.inc(labels)
      initTime.observe(labels, event.initTime / 1000)
    }
    duration.observe(labels, event.duration / 1000)
    if (event.size !== undefined) size.observe(labels, event.size)
    memory.set(labels, event.memory)
    for (const [code, status] of STATUSES.entries()) {
      statuses.inc({ ...labels, status }, code === event.statusCode ? 1 : 0)
    }
    if (event.userDefinedStatusCode !== undefined) {
      statusCodes.inc({ ...labels, status_code: String(event.userDefinedStatusCode) })
    }
  }

  const metric = (namespace: string, { metricName, metricValue }: MetricEvent): void => {
    if (metricName === 'ConcurrentRateLimit') concurrent.inc({ namespace }, metricValue)
    if (metricName === 'TimedRateLimit') timed.inc({ namespace }, metricValue)
  }

  return ({ namespace, body }: EventMessage): void => {
    if ('metricName' in body) metric(namespace, body)
    else activation(namespace, body)
  }
}
