import {
  ActionHistories,
  fixedPolicy,
  RuntimesManifest,
  SeededRandom,
  silentLogger,
  type LoadBalancer,
  type Logger,
  type PoolPolicy,
} from '@stemcell/core'
import { ClusterState, ContainerPool, GuardedPlacement, guardedPolicy, WaitingRoom } from '@stemcell/core/scheduling'
import { LogHistogram } from '../report/log-histogram.ts'
import type { Invocation, TraceFunction } from '../trace/trace.ts'
import { figuresOf, type Figures } from './figures.ts'
import { ModelledContainers } from './modelled-containers.ts'
import { ReplayClock } from './replay-clock.ts'
import { ReplayedCall, type CallHost } from './replayed-call.ts'
import { ReplayedFunction, type NamespaceService } from './replayed-function.ts'

/** The cluster that a trace is replayed on. */
export interface ClusterSize {
  readonly invokers: number
  /** Of each invoker. */
  readonly memoryMb: number
  /** To make a container, initialisation apart, ms. */
  readonly startMs: number
  /** To initialise it, where the trace does not say, ms. */
  readonly initMs: number
  /** What every call takes beside waiting, start and run, ms. */
  readonly overheadMs: number
  /** Containers that an invoker makes at once. */
  readonly parallelStarts: number
  /** Calls that may wait at the controller. */
  readonly maxWaiting: number
  readonly seed: number
}

const NO_RUNTIMES = new RuntimesManifest({ runtimes: { nodejs: [{ kind: 'nodejs:20', image: { name: 'replayed' } }] } })
const MB = 1_048_576

/**
 * A controller's placement and the pools of its invokers, as they ship, on a clock that goes from event to event. What the
 * pools make are numbers; between placement and pool there is no queue, and a result is known when the run ends.
 */
export class ReplayedCluster implements CallHost {
  readonly clock = new ReplayClock()
  readonly #size: ClusterSize
  readonly #cluster: ClusterState
  readonly #histories: ActionHistories | undefined
  readonly #placement: GuardedPlacement
  readonly #room: WaitingRoom
  readonly #pools: readonly ContainerPool[]
  readonly #containers: ModelledContainers
  readonly #functions = new Map<TraceFunction, ReplayedFunction>()
  readonly #namespaces = new Map<string, NamespaceService>()
  readonly #latency = new LogHistogram()
  readonly #delay = new LogHistogram()
  readonly #counts = { calls: 0, coldStarts: 0, joined: 0, waited: 0, refused: 0, failed: 0 }
  /** Runs that ended in this turn: the pool hears of it first. */
  #ended: ReplayedCall[] = []
  #open = 0
  #busyMemoryTime = 0
  #settles = false
  #firstFault: string | undefined
  #firstRefusal: string | undefined

  constructor(size: ClusterSize, balancer: LoadBalancer, createPolicy: () => PoolPolicy) {
    this.#size = size
    const { clock } = this
    const logger: Logger = { ...silentLogger, error: (fields, text) => this.#fault(fields, text) }
    this.#histories = balancer.usesHistory ? new ActionHistories(() => clock.monotonic()) : undefined
    this.#cluster = new ClusterState(new SeededRandom(size.seed), {
      supervised: false,
      ...(this.#histories && { histories: this.#histories }),
    })
    this.#placement = new GuardedPlacement(balancer, logger)
    this.#room = new WaitingRoom(size.maxWaiting)
    this.#containers = new ModelledContainers(clock, size.startMs, () => (this.#settles = true))
    const fixed = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 600_000 })
    this.#pools = Array.from({ length: size.invokers }, (_, id) => {
      const instance = { id, userMemoryBytes: size.memoryMb * MB, tags: [], dedicatedNamespaces: [] }
      this.#cluster.ping({ instance, enabled: true }, 0)
      const pool = new ContainerPool({
        factory: this.#containers,
        clock: clock.ofProcess(),
        policy: guardedPolicy(createPolicy(), fixed, logger),
        logger,
        manifest: NO_RUNTIMES,
        observer: {},
        capacity: { memoryMb: size.memoryMb, milliCpu: Infinity },
        maxParallelStarts: size.parallelStarts,
        stemCellSpec: () => {
          throw new Error('a replay has no stem cells')
        },
        giveUp: new AbortController().signal,
      })
      pool.open()
      return pool
    })
  }

  /** Lets the invocations come at their times. */
  async feed(invocations: readonly Invocation[]): Promise<void> {
    for (const { atMs, fn, runMs } of invocations) {
      if (this.clock.nextDueMs <= atMs) await this.#advance(atMs)
      this.clock.goTo(atMs)
      this.#arrive(this.#functionOf(fn), atMs, runMs)
      if (this.#settles) await this.#settle()
    }
  }

  /** Lets everything end that can, and says what it came to. */
  async finish(): Promise<Figures> {
    while (this.#open > 0 && this.clock.nextDueMs < Infinity) await this.#advance(this.clock.nextDueMs)
    // What nobody ever had room for.
    this.#counts.refused += this.#open
    const { count, peakMb, memoryTime } = this.#containers
    return figuresOf({
      counts: this.#counts,
      containers: count,
      peakMb,
      memoryTime,
      busyMemoryTime: this.#busyMemoryTime,
      latency: this.#latency,
      delay: this.#delay,
      functions: [...this.#functions.values()],
      namespaces: [...this.#namespaces.values()],
      endMs: this.clock.monotonic(),
      firstFault: this.#firstFault,
      firstRefusal: this.#firstRefusal,
    })
  }

  ended(call: ReplayedCall): void {
    this.#ended.push(call)
    this.#settles = true
  }

  failed(call: ReplayedCall): void {
    this.#counts.failed++
    this.#leave(call)
  }

  async #advance(untilMs: number): Promise<void> {
    while (this.clock.nextDueMs <= untilMs) {
      this.clock.step()
      if (this.#settles) await this.#settle()
    }
  }

  /** Lets promises settle before time moves on, and what follows from them. */
  async #settle(): Promise<void> {
    while (this.#settles) {
      this.#settles = false
      await microtasks()
      const ended = this.#ended
      if (ended.length === 0) continue
      this.#ended = []
      for (const call of ended) this.#complete(call)
    }
  }

  #functionOf(fn: TraceFunction): ReplayedFunction {
    let found = this.#functions.get(fn)
    if (!found) {
      let service = this.#namespaces.get(fn.namespace)
      if (!service) this.#namespaces.set(fn.namespace, (service = { runMs: 0, totalMs: 0 }))
      this.#functions.set(fn, (found = new ReplayedFunction(fn, this.#size.initMs, service)))
    }
    return found
  }

  #arrive(fn: ReplayedFunction, atMs: number, runMs: number): void {
    const call = new ReplayedCall(this, fn, atMs, runMs)
    this.#counts.calls++
    this.#open++
    // Whoever already waits goes first.
    if (this.#room.size === 0 && this.#place(call)) return
    this.#counts.waited++
    if (!this.#room.enter({ namespace: call.namespace, tryPlace: () => this.#place(call) })) {
      this.#counts.refused++
      this.#open--
      return
    }
    this.#room.drain()
  }

  /** False when it has to wait. */
  #place(call: ReplayedCall): boolean {
    const placement = this.#placement.choose(call.fn.request, this.#cluster)
    if (placement === 'wait') return false
    if ('invoker' in placement) {
      call.invoker = placement.invoker
      this.#cluster.take(placement.invoker, call.fn.request)
      this.#pools[placement.invoker]!.submit(call)
      return true
    }
    if ('reject' in placement) {
      this.#counts.refused++
      const { action, memoryMb } = call.fn.request
      this.#firstRefusal ??= `a call of ${action}, ${memoryMb} MB, was refused: ${placement.reject}`
    } else this.#counts.failed++
    this.#open--
    return true
  }

  #complete(call: ReplayedCall): void {
    const { fn, arrivedMs, runMs, acquiredMs, acquisition, initialised } = call
    const nowMs = this.clock.monotonic()
    const totalMs = nowMs - arrivedMs + this.#size.overheadMs
    this.#latency.add(totalMs)
    this.#delay.add(totalMs - runMs)
    fn.calls++
    fn.service.runMs += runMs
    fn.service.totalMs += totalMs
    if (initialised) {
      fn.coldStarts++
      this.#counts.coldStarts++
    } else if (acquisition?.reason === 'joined') this.#counts.joined++
    this.#busyMemoryTime += fn.need.memoryMb * (nowMs - acquiredMs)
    this.#histories?.learnt(call.invoker, fn.request, {
      durationMs: runMs,
      ...(initialised ? { initMs: fn.initMs } : {}),
    })
    this.#leave(call)
  }

  #leave({ invoker, fn }: ReplayedCall): void {
    this.#open--
    this.#cluster.release(invoker, fn.request)
    this.#room.drain()
  }

  #fault(fields: object, text: string): void {
    const { err } = fields as { readonly err?: unknown }
    this.#firstFault ??= err instanceof Error ? `${text}: ${err.message}` : text
  }
}

/** Every promise that can settle has done so: called from a microtask, `nextTick` waits for all others. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
