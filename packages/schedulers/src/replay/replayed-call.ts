import type { Clock, Container, ContainerSpec } from '@stemcell/core'
import type { Acquisition, Job, Resources, Verdict } from '@stemcell/core/scheduling'
import type { ReplayedFunction } from './replayed-function.ts'

/** Who is told what becomes of a call. */
export interface CallHost {
  readonly clock: Clock
  /** Its run has ended; the pool is told right after. */
  ended(call: ReplayedCall): void
  /** It ended without a run. */
  failed(call: ReplayedCall): void
}

/** One invocation of a trace as the invoker's pool knows it: it lets the time pass that the trace says. */
export class ReplayedCall implements Job {
  readonly fn: ReplayedFunction
  readonly arrivedMs: number
  readonly runMs: number
  readonly key: string
  readonly namespace: string
  readonly need: Resources
  readonly maxConcurrent = 1
  readonly maxContainers = Infinity
  readonly stemKey = undefined
  readonly ended = false
  invoker = -1
  acquisition: Acquisition | undefined
  /** When a container was chosen for it, ms. */
  acquiredMs = 0
  initialised = false
  readonly #host: CallHost

  constructor(host: CallHost, fn: ReplayedFunction, arrivedMs: number, runMs: number) {
    this.#host = host
    this.fn = fn
    this.arrivedMs = arrivedMs
    this.runMs = runMs
    this.key = fn.key
    this.namespace = fn.request.namespace
    this.need = fn.need
  }

  spec(): ContainerSpec {
    return this.fn.spec
  }

  preparation(): Job {
    return new Preparation(this.#host, this)
  }

  acquired(acquisition: Acquisition): void {
    this.acquisition = acquisition
    this.acquiredMs = this.#host.clock.monotonic()
  }

  execute(_container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void {
    const { clock } = this.#host
    const run = (): void => {
      clock.setTimer(this.runMs, () => {
        this.#host.ended(this)
        ended('kept')
      })
    }
    if (!onInitialised) return run()
    this.initialised = true
    clock.setTimer(this.fn.initMs, () => {
      onInitialised()
      run()
    })
  }

  fail(): void {
    this.#host.failed(this)
  }
}

/** Initialises a container of the same function for calls to come. */
class Preparation implements Job {
  readonly key: string
  readonly namespace: string
  readonly need: Resources
  readonly maxConcurrent: number
  readonly maxContainers: number
  readonly stemKey = undefined
  readonly ended = false
  readonly #host: CallHost
  readonly #fn: ReplayedFunction

  constructor(host: CallHost, { key, namespace, need, maxConcurrent, maxContainers, fn }: ReplayedCall) {
    this.#host = host
    this.key = key
    this.namespace = namespace
    this.need = need
    this.maxConcurrent = maxConcurrent
    this.maxContainers = maxContainers
    this.#fn = fn
  }

  spec(): ContainerSpec {
    return this.#fn.spec
  }

  acquired(): void {
    // It stands for no call.
  }

  execute(_container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void {
    this.#host.clock.setTimer(this.#fn.initMs, () => {
      onInitialised?.()
      ended('kept')
    })
  }

  fail(): void {
    // Nobody waits for it.
  }
}
