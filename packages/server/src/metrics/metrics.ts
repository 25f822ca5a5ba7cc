import type { Answer, EventMessage, Logger, OpenRoute, PlatformObservers } from '@stemcell/core'
import { createRequire } from 'node:module'
import type promClient from 'prom-client'
import { ActionMetrics } from './action-metrics.ts'
import { controllerMetrics } from './controller-metrics.ts'
import { invokerMetrics } from './invoker-metrics.ts'
import type { Vitals } from '../run-until-stopped.ts'
import { CellFamily } from './metric-family.ts'
import { stageFamily } from './stage-family.ts'

interface Recorder {
  readonly controller: ReturnType<typeof controllerMetrics>
  readonly invoker: ReturnType<typeof invokerMetrics>
  readonly event: (event: EventMessage) => void
  readonly contentType: string
  readonly text: () => Promise<string>
}

const NO_VITALS: Vitals = { lostLogLines: () => 0, uncaughtErrors: () => 0 }

/**
 * Metrics of a platform, as Prometheus reads them at `GET /metrics`. The client library is loaded by `load`, at the
 * latest for the first reader; what happens before is kept and counted then.
 */
export class Metrics {
  readonly observers: PlatformObservers
  readonly route: OpenRoute
  #loading: Promise<Recorder> | undefined
  #recorder: Recorder | undefined
  /** Undefined once the library is there, or known not to be. */
  #kept: ((recorder: Recorder) => void)[] | undefined = []

  readonly #vitals: Vitals

  constructor(vitals: Vitals = NO_VITALS) {
    this.#vitals = vitals
    this.observers = {
      event: (event) => this.#record((recorder) => recorder.event(event)),
      controller: {
        answered: (event) => this.#record(({ controller }) => controller.answered(event)),
        authenticated: (event) => this.#record(({ controller }) => controller.authenticated(event)),
        admitted: (event) => this.#record(({ controller }) => controller.admitted(event)),
        placed: (event) => this.#record(({ controller }) => controller.placed(event)),
        waiting: (event) => this.#record(({ controller }) => controller.waiting(event)),
        refused: (event) => this.#record(({ controller }) => controller.refused(event)),
        blockingEnded: (event) => this.#record(({ controller }) => controller.blockingEnded(event)),
        acknowledged: (event) => this.#record(({ controller }) => controller.acknowledged(event)),
        gauges: (gauges) => this.#record(({ controller }) => controller.gauges(gauges)),
      },
      invoker: {
        acquired: (event) => this.#record(({ invoker }) => invoker.acquired(event)),
        responded: (event) => this.#record(({ invoker }) => invoker.responded(event)),
        started: (event) => this.#record(({ invoker }) => invoker.started(event)),
        logged: (event) => this.#record(({ invoker }) => invoker.logged(event)),
        stored: (event) => this.#record(({ invoker }) => invoker.stored(event)),
        recordRetried: (event) => this.#record(({ invoker }) => invoker.recordRetried(event)),
        gauges: (gauges) => this.#record(({ invoker }) => invoker.gauges(gauges)),
      },
    }
    this.route = {
      method: 'GET',
      path: '/metrics',
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
  loadQuietly(logger: Logger): void {
    this.load().catch((err: unknown) => logger.error({ err }, 'metrics are not available'))
  }

  #load(): Promise<Recorder> {
    this.#loading ??= startRecording(this.#vitals).then(
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

  #record(record: (recorder: Recorder) => void): void {
    if (this.#recorder) record(this.#recorder)
    else this.#kept?.push(record)
  }

  /** What a reader of the route gets. */
  async read(): Promise<Answer & { readonly contentType: string }> {
    const { contentType, text } = await this.#load()
    return { status: 200, contentType, body: await text() }
  }
}

async function startRecording(vitals: Vitals): Promise<Recorder> {
  const client = await loadClient()
  const register = new client.Registry()
  client.collectDefaultMetrics({ register })
  const stages = stageFamily(register)
  const actions = new ActionMetrics(register)
  const lostLines = new CellFamily(register, 'counter', {
    name: 'stemcell_log_lines_lost_total',
    help: 'Log lines that could not be written, because the disk was full or the output was not read',
  }).with()
  const uncaught = new CellFamily(register, 'counter', {
    name: 'stemcell_uncaught_errors_total',
    help: 'Uncaught errors; see the log',
  }).with()
  return {
    controller: controllerMetrics(register, stages),
    invoker: invokerMetrics(register, stages),
    event: (event) => actions.record(event),
    contentType: register.contentType,
    text() {
      actions.forgetIdle()
      lostLines.value = vitals.lostLogLines()
      uncaught.value = vitals.uncaughtErrors()
      return register.metrics()
    },
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
