import type { Answer, EventMessage, Logger, OpenRoute, PlatformObservers } from '@stemcell/core'
import { createRequire } from 'node:module'
import type promClient from 'prom-client'
import type { Registry } from 'prom-client'
import { ActionMetrics } from './action-metrics.ts'
import { controllerMetrics } from './controller-metrics.ts'
import { invokerMetrics } from './invoker-metrics.ts'
import { CellFamily } from './metric-family.ts'
import { OpenWhiskInvokerMetrics } from './openwhisk-invoker-metrics.ts'
import { stageFamily } from './stage-family.ts'

interface Recorder {
  readonly controller: ReturnType<typeof controllerMetrics>
  readonly invoker: ReturnType<typeof invokerMetrics>
  readonly openwhisk: OpenWhiskInvokerMetrics
  readonly event: (event: EventMessage) => void
  readonly contentType: string
  readonly text: () => Promise<string>
}

/** What a process knows of itself. */
export interface Vitals {
  /** Log lines that could not be written. */
  readonly lostLogLines: () => number
  /** Errors that nothing caught. */
  readonly uncaughtErrors: () => number
}

export interface PrometheusMetricsOptions {
  /** Path of `route`. Default `/metrics`. */
  readonly path?: string
  /**
   * A registry of `prom-client` that the metrics are added to, beside others of the program. Its names must be free: one
   * registry for each platform of a process. Default: one of their own.
   */
  readonly registry?: Registry
  /** Whether the metrics of the process (CPU, memory, event loop) are added. Default: unless `registry` is given. */
  readonly processMetrics?: boolean
  /** Shown as `stemcell_log_lines_lost_total` and `stemcell_uncaught_errors_total`; without it there are neither. */
  readonly vitals?: Vitals
  /** Told when the client library cannot be loaded. Default: nobody; readers get the error. */
  readonly logger?: Logger
}

/** More would take memory for a reader who may never come. */
const MOST_KEPT = 10_000

/**
 * Metrics of a platform, as Prometheus reads them.
 * @example
 * const metrics = prometheusMetrics()
 * const platform = await assemble({ containers, observers: metrics.observers, routes: [metrics.route] })
 */
export function prometheusMetrics(options: PrometheusMetricsOptions = {}): PrometheusMetrics {
  return new PrometheusMetrics(options)
}

/**
 * Counts what observers are told. The client library is loaded by `load`, at the latest for the first reader or after
 * ten thousand events; what happens before is kept and counted then.
 */
export class PrometheusMetrics {
  /** For `assemble({ observers })`. */
  readonly observers: PlatformObservers
  /** For `assemble({ routes })`: answers `GET /metrics`, to anybody. */
  readonly route: OpenRoute
  readonly #options: PrometheusMetricsOptions
  #loading: Promise<Recorder> | undefined
  #recorder: Recorder | undefined
  /** Undefined once the library is there, or known not to be. */
  #kept: ((recorder: Recorder) => void)[] | undefined = []

  /** Use `prometheusMetrics`. */
  constructor(options: PrometheusMetricsOptions) {
    this.#options = options
    this.observers = {
      event: this.#counting((recorder) => (event) => recorder.event(event)),
      controller: {
        answered: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.answered(event),
        ),
        authenticated: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.authenticated(event),
        ),
        admitted: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.admitted(event),
        ),
        placed: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.placed(event),
        ),
        waiting: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.waiting(event),
        ),
        refused: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.refused(event),
        ),
        blockingEnded: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.blockingEnded(event),
        ),
        acknowledged: this.#counting(
          ({ controller }) =>
            (event) =>
              controller.acknowledged(event),
        ),
        gauges: this.#counting(
          ({ controller }) =>
            (gauges) =>
              controller.gauges(gauges),
        ),
      },
      invoker: {
        acquired: this.#counting(({ invoker, openwhisk }) => (event) => {
          invoker.acquired(event)
          openwhisk.acquired(event)
        }),
        responded: this.#counting(
          ({ invoker }) =>
            (event) =>
              invoker.responded(event),
        ),
        started: this.#counting(
          ({ invoker }) =>
            (event) =>
              invoker.started(event),
        ),
        logged: this.#counting(
          ({ invoker }) =>
            (event) =>
              invoker.logged(event),
        ),
        stored: this.#counting(
          ({ invoker }) =>
            (event) =>
              invoker.stored(event),
        ),
        recordRetried: this.#counting(
          ({ invoker }) =>
            (event) =>
              invoker.recordRetried(event),
        ),
        gauges: this.#counting(({ invoker, openwhisk }) => (gauges) => {
          invoker.gauges(gauges)
          openwhisk.gauges(gauges)
        }),
      },
    }
    this.route = {
      method: 'GET',
      path: options.path ?? '/metrics',
      auth: 'none',
      cors: 'none',
      summary: 'Metrics in the text format of Prometheus',
      responses: { 200: 'none' },
      handle: () => this.read(),
    }
  }

  /** Idempotent. Rejects when the library cannot be loaded; nothing is counted then. */
  async load(): Promise<void> {
    await this.#load()
  }

  /** The same for who cannot wait; a failure is logged. */
  loadQuietly(logger: Logger | undefined = this.#options.logger): void {
    this.load().catch((err: unknown) => logger?.error({ err }, 'metrics are not available'))
  }

  #load(): Promise<Recorder> {
    this.#loading ??= startRecording(this.#options).then(
      (recorder) => {
        this.#recorder = recorder
        for (const record of this.#kept ?? []) record(recorder)
        this.#kept = undefined
        return recorder
      },
      (error: unknown) => {
        // What came before the next attempt is not counted.
        this.#kept = undefined
        this.#loading = undefined
        throw error
      },
    )
    return this.#loading
  }

  /** Counts events as `counterOf` says; those that come before the library is there are counted when it is. */
  #counting<E>(counterOf: (recorder: Recorder) => (event: E) => void): (event: E) => void {
    let count: ((event: E) => void) | undefined
    return (event) => {
      if (count) count(event)
      else if (this.#recorder) (count = counterOf(this.#recorder))(event)
      else if (this.#kept?.push((recorder) => counterOf(recorder)(event)) === MOST_KEPT) this.loadQuietly()
    }
  }

  /**
   * What a reader of the route gets, for a server of one's own. Rejects when the client library cannot be loaded, or
   * `registry` has a metric of one of these names.
   */
  async read(): Promise<Answer & { readonly contentType: string }> {
    const { contentType, text } = await this.#load()
    return { status: 200, contentType, body: await text() }
  }
}

async function startRecording({ registry, processMetrics, vitals }: PrometheusMetricsOptions): Promise<Recorder> {
  const client = await loadClient()
  const register = registry ?? new client.Registry()
  if (processMetrics ?? registry === undefined) client.collectDefaultMetrics({ register })
  const stages = stageFamily(register)
  const actions = new ActionMetrics(register)
  const openwhisk = new OpenWhiskInvokerMetrics(register)
  const update = vitals ? vitalMetrics(register, vitals) : undefined
  return {
    controller: controllerMetrics(register, stages),
    invoker: invokerMetrics(register, stages),
    openwhisk,
    event: (event) => actions.record(event),
    contentType: register.contentType,
    text() {
      actions.forgetIdle()
      openwhisk.forgetIdle()
      update?.()
      return register.metrics()
    },
  }
}

/** Returns what brings them up to date. */
function vitalMetrics(register: Registry, vitals: Vitals): () => void {
  const lostLines = new CellFamily(register, 'counter', {
    name: 'stemcell_log_lines_lost_total',
    help: 'Log lines that could not be written, because the disk was full or the output was not read',
  }).with()
  const uncaught = new CellFamily(register, 'counter', {
    name: 'stemcell_uncaught_errors_total',
    help: 'Uncaught errors; see the log',
  }).with()
  return () => {
    lostLines.value = vitals.lostLogLines()
    uncaught.value = vitals.uncaughtErrors()
  }
}

/** An import that failed once, for want of a descriptor for example, fails for ever; `require` tries again. */
async function loadClient(): Promise<typeof promClient> {
  try {
    return (await import('prom-client')).default
  } catch {
    return createRequire(import.meta.url)('prom-client') as typeof promClient
  }
}
