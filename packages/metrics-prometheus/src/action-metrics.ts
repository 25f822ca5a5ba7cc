import {
  DEFAULT_PLATFORM_LIMITS,
  SystemClock,
  type ActivationEvent,
  type Clock,
  type EventMessage,
  type MetricEvent,
} from '@stemcell/core'
import type { Registry } from 'prom-client'
import { FORGET_MS, MAX_ACTIONS, OTHER } from './action-series.ts'
import { CellFamily, HistogramFamily, labelsText, type Cell, type Distribution } from './metric-family.ts'

const STATUSES = ['success', 'application_error', 'action_developer_error', 'whisk_internal_error'] as const
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const SIZES = Array.from({ length: 10 }, (_, index) => index * DEFAULT_PLATFORM_LIMITS.maxPayloadBytes)
const ACTION = ['namespace', 'initiator', 'action'] as const

/** All that is counted of one action for one caller, found at once. */
interface ActionSeries {
  readonly labels: readonly [namespace: string, initiator: string, action: string]
  readonly activations: Cell
  readonly waitTime: Distribution
  readonly duration: Distribution
  readonly size: Distribution
  readonly memory: Cell
  readonly statuses: readonly Cell[]
  usedMs: number
}

type ActionOfEvent = Pick<ActivationEvent, 'name' | 'kind' | 'memory'>

/** Counts user events under the names and labels of OpenWhisk's own service for them, which dashboards know. */
export class ActionMetrics {
  readonly #activations: CellFamily
  readonly #coldStarts: CellFamily
  readonly #waitTime: HistogramFamily
  readonly #initTime: HistogramFamily
  readonly #duration: HistogramFamily
  readonly #size: HistogramFamily
  readonly #memory: CellFamily
  readonly #statuses: CellFamily
  readonly #statusCodes: CellFamily
  readonly #concurrent: CellFamily
  readonly #timed: CellFamily
  /** Of all actions for which there is no room. */
  #others: ActionSeries | undefined
  readonly #series = new Map<string, ActionSeries>()
  /** What was asked for last is most often asked for next. */
  #last: { readonly initiator: string; readonly of: ActionOfEvent; readonly series: ActionSeries } | undefined
  /** Namespaces that have met a limit. */
  readonly #limited = new Set<string>()
  readonly #clock: Pick<Clock, 'now'>

  constructor(register: Registry, clock: Pick<Clock, 'now'> = new SystemClock()) {
    this.#clock = clock
    const cells = (name: string, help: string, labelNames: readonly string[], type: 'counter' | 'gauge' = 'counter') =>
      new CellFamily(register, type, { name: `openwhisk_action_${name}`, help, labelNames })
    const histograms = (name: string, help: string, bounds: readonly number[]) =>
      new HistogramFamily(register, bounds, { name: `openwhisk_action_${name}`, help, labelNames: ACTION })
    this.#activations = cells('activations_total', 'Activations that ended', [...ACTION, 'kind', 'memory'])
    this.#coldStarts = cells('coldStarts_total', 'Activations that initialised their container', ACTION)
    this.#waitTime = histograms('waitTime_seconds', 'From the request to the start of the action', SECONDS)
    this.#initTime = histograms('initTime_seconds', 'Initialisation of the container, where there was one', SECONDS)
    this.#duration = histograms('duration_seconds', 'Run of the action, initialisation included', SECONDS)
    this.#size = histograms('response_size_bytes', 'Length of the result', SIZES)
    this.#memory = cells('memory', 'Memory limit of the action, MB', ACTION, 'gauge')
    this.#statuses = cells('status', 'Activations by how they ended', [...ACTION, 'status'])
    this.#statusCodes = cells('status_code', 'Activations by the status code that the action returned', [
      ...ACTION,
      'status_code',
    ])
    this.#concurrent = cells('limit_concurrent_total', 'Requests over the limit of concurrent invocations', [
      'namespace',
    ])
    this.#timed = cells('limit_timed_total', 'Requests over the limit per minute', ['namespace'])
  }

  record({ namespace, body }: EventMessage): void {
    if ('metricName' in body) this.#limit(namespace, body)
    else this.#activation(namespace, body)
  }

  #limit(caller: string, { metricName, metricValue }: MetricEvent): void {
    if (metricName === 'ConcurrentInvocations') return
    if (this.#limited.size < MAX_ACTIONS) this.#limited.add(caller)
    const namespace = this.#limited.has(caller) ? caller : OTHER
    if (metricName === 'ConcurrentRateLimit') this.#concurrent.with(namespace).value += metricValue
    if (metricName === 'TimedRateLimit') this.#timed.with(namespace).value += metricValue
  }

  #activation(initiator: string, event: ActivationEvent): void {
    const series = this.#seriesOf(initiator, event)
    const { initTime, size, userDefinedStatusCode } = event
    series.usedMs = this.#clock.now()
    series.activations.value++
    series.waitTime.observe(event.waitTime / 1000)
    series.duration.observe(event.duration / 1000)
    series.memory.value = event.memory
    series.statuses[event.statusCode]!.value++
    if (size !== undefined) series.size.observe(size)
    if (initTime > 0) {
      this.#coldStarts.with(...series.labels).value++
      this.#initTime.with(...series.labels).observe(initTime / 1000)
    }
    if (userDefinedStatusCode !== undefined) {
      this.#statusCodes.with(...series.labels, codeText(userDefinedStatusCode)).value++
    }
  }

  #seriesOf(initiator: string, event: ActivationEvent): ActionSeries {
    const last = this.#last
    if (last && last.initiator === initiator && isOfSameAction(last.of, event)) return last.series
    const { name, kind, memory } = event
    const series = this.#find(initiator, event)
    this.#last = { initiator, of: { name, kind, memory }, series }
    return series
  }

  #find(initiator: string, { name, kind, memory }: ActionOfEvent): ActionSeries {
    const key = `${initiator}\n${name}\n${kind}\n${memory}`
    let series = this.#series.get(key)
    if (series) return series
    if (this.#series.size < MAX_ACTIONS) series = this.#newSeries(initiator, name, kind, String(memory))
    else series = this.#others ??= this.#newSeries(OTHER, `${OTHER}/${OTHER}`, OTHER, OTHER)
    if (series !== this.#others) this.#series.set(key, series)
    return series
  }

  /** Forgets actions that have not run for long: they may not exist any more. */
  forgetIdle(): void {
    this.#last = undefined
    const before = this.#clock.now() - FORGET_MS
    const kept = new Set<string>()
    const idle = new Set<string>()
    for (const [key, { labels, usedMs }] of this.#series) {
      if (usedMs >= before) {
        kept.add(labelsText(labels))
        continue
      }
      idle.add(labelsText(labels))
      this.#series.delete(key)
    }
    // The same action with another kind or memory limit still runs.
    for (const labels of kept) idle.delete(labels)
    if (idle.size === 0) return
    for (const family of this.#ofActions) family.forget(idle, ACTION.length)
  }

  get #ofActions(): readonly (CellFamily | HistogramFamily)[] {
    return [
      this.#activations,
      this.#coldStarts,
      this.#waitTime,
      this.#initTime,
      this.#duration,
      this.#size,
      this.#memory,
      this.#statuses,
      this.#statusCodes,
    ]
  }

  #newSeries(initiator: string, name: string, kind: string, memory: string): ActionSeries {
    const slash = name.indexOf('/')
    const labels = [name.slice(0, slash), initiator, name.slice(slash + 1)] as const
    return {
      labels,
      activations: this.#activations.with(...labels, kind, memory),
      waitTime: this.#waitTime.with(...labels),
      duration: this.#duration.with(...labels),
      size: this.#size.with(...labels),
      memory: this.#memory.with(...labels),
      statuses: STATUSES.map((status) => this.#statuses.with(...labels, status)),
      usedMs: this.#clock.now(),
    }
  }
}

function isOfSameAction(one: ActionOfEvent, other: ActionOfEvent): boolean {
  return one.name === other.name && one.kind === other.kind && one.memory === other.memory
}

/** Actions may give any number. */
function codeText(code: number): string {
  return Number.isInteger(code) && code >= 100 && code <= 599 ? String(code) : OTHER
}
