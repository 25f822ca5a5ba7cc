import { SeededRandom, SystemClock, type LoadBalancer, type Placement } from '@stemcell/core'
import { SyntheticCluster } from '../load-balancer/synthetic-cluster.ts'
import { EventHeap } from './event-heap.ts'
import { SyntheticPool } from './synthetic-pool.ts'
import { workload, WORKLOADS, type Arrival, type Workload, type WorkloadName } from './workloads.ts'

export interface SchedulerBenchOptions {
  /** Default all. */
  readonly workloads?: readonly WorkloadName[]
  /** Default 20. */
  readonly invokers?: number
  /** Of each invoker. Default 4096. */
  readonly memoryMb?: number
  /** Of each workload. Default 20,000. */
  readonly invocations?: number
  /** All figures but `placementsPerSecond` are the same for the same seed. Default 1. */
  readonly seed?: number
}

/** What a balancer made of a workload. */
export interface SchedulerFigures {
  /** Share of the runs that found a warm container, 0 to 1. */
  readonly locality: number
  readonly coldStarts: number
  /** The work of the average invoker over that of the busiest: 1 where all do the same. */
  readonly balance: number
  /** From arrival to the end of the run beyond the run itself, ms. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  /** Invocations that had to wait for room. */
  readonly waited: number
  /** Invocations that the balancer refused. */
  readonly rejected: number
  /** Answers that could not be carried out: no such invoker, no room there, an exception. The first of them in words. */
  readonly faults: number
  readonly firstFault?: string
  readonly placementsPerSecond: number
}

export interface SchedulerBenchResult {
  readonly workload: WorkloadName
  readonly summary: string
  readonly balancer: string
  readonly figures: SchedulerFigures
}

const clock = new SystemClock()

/** Every workload with a new balancer of each kind: a synthetic cluster, whose time is not that of this machine. */
export function benchSchedulers(
  balancers: readonly (() => LoadBalancer)[],
  options: SchedulerBenchOptions = {},
): readonly SchedulerBenchResult[] {
  const { workloads = WORKLOADS, invokers = 20, memoryMb = 4096, invocations = 20_000, seed = 1 } = options
  return workloads.flatMap((name) => {
    const work = workload(name, { clusterMemoryMb: invokers * memoryMb, invocations, seed })
    return balancers.map((create) => {
      const balancer = create()
      const figures = new Simulation(balancer, work, { invokers, memoryMb, seed }).run()
      return { workload: name, summary: work.summary, balancer: balancer.name, figures }
    })
  })
}

interface ClusterSize {
  readonly invokers: number
  readonly memoryMb: number
  readonly seed: number
}

interface Run {
  readonly invoker: number
  readonly arrival: Arrival
  readonly coldMs: number
}

class Simulation {
  readonly #balancer: LoadBalancer
  readonly #work: Workload
  readonly #cluster: SyntheticCluster
  readonly #pools: readonly SyntheticPool[]
  readonly #ends = new EventHeap<Run>()
  readonly #busyMs: number[]
  readonly #delaysMs: number[] = []
  #waiting: Arrival[] = []
  #coldStarts = 0
  #waited = 0
  #rejected = 0
  #faults = 0
  #firstFault: string | undefined
  #asked = 0
  #askedMs = 0

  constructor(balancer: LoadBalancer, work: Workload, { invokers, memoryMb, seed }: ClusterSize) {
    this.#balancer = balancer
    this.#work = work
    this.#cluster = new SyntheticCluster(
      Array.from({ length: invokers }, () => ({ memoryMb })),
      new SeededRandom(seed + 1),
    )
    this.#cluster.keepsHistory = balancer.usesHistory === true
    this.#pools = Array.from({ length: invokers }, () => new SyntheticPool(memoryMb))
    this.#busyMs = Array.from({ length: invokers }, () => 0)
  }

  run(): SchedulerFigures {
    for (const arrival of this.#work.arrivals) {
      this.#endUntil(arrival.atMs)
      // Whoever waits goes first, as in the platform.
      if (this.#waiting.length === 0 && this.#place(arrival)) continue
      this.#waited++
      this.#waiting.push(arrival)
    }
    this.#endUntil(Number.POSITIVE_INFINITY)
    // What nobody has room for, and never will.
    this.#rejected += this.#waiting.length
    return this.#figures()
  }

  #endUntil(untilMs: number): void {
    for (let next = this.#ends.takeBefore(untilMs); next; next = this.#ends.takeBefore(untilMs)) {
      const { invoker, arrival, coldMs } = next.event
      const { request } = this.#work.actions[arrival.action]!
      this.#cluster.nowMs = next.atMs
      this.#pools[invoker]!.end(arrival.action, request.memoryMb)
      this.#cluster.learn(invoker, request, { durationMs: arrival.runMs, ...(coldMs > 0 ? { initMs: coldMs } : {}) })
      this.#cluster.release(invoker, request)
      this.#drain()
    }
    if (Number.isFinite(untilMs)) this.#cluster.nowMs = untilMs
  }

  #drain(): void {
    let placed = 0
    while (placed < this.#waiting.length && this.#place(this.#waiting[placed]!)) placed++
    if (placed > 0) this.#waiting = this.#waiting.slice(placed)
  }

  /** False when it has to wait. */
  #place(arrival: Arrival): boolean {
    const { request, coldMs } = this.#work.actions[arrival.action]!
    const invoker = this.#ask(arrival.action)
    if (invoker === 'wait') return false
    if (invoker === undefined) return true
    const isCold = this.#pools[invoker]!.begin(arrival.action, request.memoryMb)
    this.#cluster.take(invoker, request)
    if (isCold) this.#coldStarts++
    const tookMs = arrival.runMs + (isCold ? coldMs : 0)
    this.#busyMs[invoker]! += tookMs * request.memoryMb
    const endsMs = this.#cluster.nowMs + tookMs
    this.#delaysMs.push(endsMs - arrival.atMs - arrival.runMs)
    this.#ends.add(endsMs, { invoker, arrival, coldMs: isCold ? coldMs : 0 })
    return true
  }

  /** Undefined where the answer ends the invocation. */
  #ask(action: number): number | 'wait' | undefined {
    const { request } = this.#work.actions[action]!
    const beganMs = clock.monotonic()
    let placement: Placement
    try {
      placement = this.#balancer.place(request, this.#cluster)
    } catch (error) {
      return this.#fault(`it threw ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.#askedMs += clock.monotonic() - beganMs
      this.#asked++
    }
    if (placement === 'wait') return placement
    if (typeof placement !== 'object' || placement === null) return this.#fault(`it answered ${String(placement)}`)
    if ('reject' in placement) {
      this.#rejected++
      return undefined
    }
    const { invoker } = placement
    if (!this.#cluster.invokers[invoker]) return this.#fault(`it chose invoker ${String(invoker)}, which is none`)
    if (!this.#cluster.fits(invoker, request)) return this.#fault(`it chose invoker ${invoker}, which has no room`)
    return invoker
  }

  #fault(what: string): undefined {
    this.#faults++
    this.#firstFault ??= what
  }

  #figures(): SchedulerFigures {
    const runs = this.#delaysMs.length
    const sorted = this.#delaysMs.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(runs - 1, Math.floor(runs * share))] ?? 0
    const most = Math.max(...this.#busyMs)
    const mean = this.#busyMs.reduce((sum, ms) => sum + ms, 0) / this.#busyMs.length
    return {
      locality: runs === 0 ? 0 : (runs - this.#coldStarts) / runs,
      coldStarts: this.#coldStarts,
      balance: most === 0 ? 0 : mean / most,
      delayP50Ms: at(0.5),
      delayP99Ms: at(0.99),
      waited: this.#waited,
      rejected: this.#rejected,
      faults: this.#faults,
      ...(this.#firstFault === undefined ? {} : { firstFault: this.#firstFault }),
      placementsPerSecond: this.#askedMs === 0 ? 0 : Math.round((this.#asked / this.#askedMs) * 1000),
    }
  }
}
