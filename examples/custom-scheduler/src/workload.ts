import { placementRequest, SyntheticCluster } from '@stemcell/conformance'
import { SeededRandom, type LoadBalancer, type PlacementRequest } from '@stemcell/core'

export interface Workload {
  readonly invokers: number
  readonly memoryMb: number
  readonly actions: number
  /** Arrivals per second. */
  readonly rate: number
  readonly activations: number
  readonly runMs: number
  readonly coldMs: number
  readonly seed: number
}

/** Many actions of which a few are called much, on invokers that cannot keep all of them warm. */
export const SKEWED: Workload = {
  invokers: 20,
  memoryMb: 4096,
  actions: 400,
  rate: 300,
  activations: 30_000,
  runMs: 100,
  coldMs: 600,
  seed: 7,
}

export interface Outcome {
  readonly coldShare: number
  readonly meanMs: number
  readonly p99Ms: number
  /** Most activations on one invoker over the average. */
  readonly imbalance: number
  readonly placementsPerSecond: number
}

/** Runs a workload on a cluster that exists only as numbers: what counts is where things are placed. */
export function simulate(balancer: LoadBalancer, workload: Workload): Outcome {
  const { invokers, memoryMb, actions, rate, activations, runMs, coldMs, seed } = workload
  const random = new SeededRandom(seed)
  const cluster = SyntheticCluster.of(invokers, memoryMb)
  const pools = Array.from({ length: invokers }, () => new WarmContainers(memoryMb))
  const ends: End[] = []
  const waiting: { request: PlacementRequest; sinceMs: number }[] = []
  const latencies: number[] = []
  const counts = Array<number>(invokers).fill(0)
  let cold = 0
  let placements = 0
  let spentMs = 0

  const place = (request: PlacementRequest, sinceMs: number, nowMs: number): boolean => {
    const begin = performance.now()
    const placement = balancer.place(request, cluster)
    spentMs += performance.now() - begin
    placements++
    if (placement === 'wait') return false
    if ('reject' in placement) throw new Error(placement.reject)
    const { invoker } = placement
    const isCold = !pools[invoker]!.take(request)
    if (isCold) cold++
    cluster.take(invoker, request)
    counts[invoker]!++
    const atMs = nowMs + runMs + (isCold ? coldMs : 0)
    latencies.push(atMs - sinceMs)
    insert(ends, { atMs, invoker, request })
    return true
  }
  const finishUntil = (nowMs: number): void => {
    while (ends.length > 0 && ends.at(-1)!.atMs <= nowMs) {
      const { atMs, invoker, request } = ends.pop()!
      cluster.release(invoker, request)
      pools[invoker]!.giveBack(request)
      while (waiting.length > 0 && place(waiting[0]!.request, waiting[0]!.sinceMs, atMs)) waiting.shift()
    }
  }

  let nowMs = 0
  for (let count = 0; count < activations; count++) {
    nowMs += -Math.log(1 - fraction(random)) * (1000 / rate)
    finishUntil(nowMs)
    const request = placementRequest({ action: `guest/action-${popular(random, actions)}` })
    if (waiting.length > 0 || !place(request, nowMs, nowMs)) waiting.push({ request, sinceMs: nowMs })
  }
  finishUntil(Infinity)
  latencies.sort((a, b) => a - b)
  return {
    coldShare: cold / activations,
    meanMs: latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
    imbalance: Math.max(...counts) / (activations / invokers),
    placementsPerSecond: (placements / spentMs) * 1000,
  }
}

interface End {
  readonly atMs: number
  readonly invoker: number
  readonly request: PlacementRequest
}

/** The containers of one invoker: idle ones stay until their memory is needed, the least recently used go first. */
class WarmContainers {
  readonly #capacityMb: number
  #usedMb = 0
  #idle: { readonly action: string; readonly memoryMb: number }[] = []

  constructor(capacityMb: number) {
    this.#capacityMb = capacityMb
  }

  /** Whether there was a warm one. */
  take({ action, memoryMb }: PlacementRequest): boolean {
    const found = this.#idle.findLastIndex((container) => container.action === action)
    if (found >= 0) {
      this.#idle.splice(found, 1)
      return true
    }
    while (this.#usedMb + memoryMb > this.#capacityMb) this.#usedMb -= this.#idle.shift()!.memoryMb
    this.#usedMb += memoryMb
    return false
  }

  giveBack({ action, memoryMb }: PlacementRequest): void {
    this.#idle.push({ action, memoryMb })
  }
}

/** The next to end is the last of the list. */
function insert(ends: End[], end: End): void {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]!.atMs > end.atMs) low = middle + 1
    else high = middle
  }
  ends.splice(low, 0, end)
}

const fraction = (random: SeededRandom): number => random.below(1_000_000) / 1_000_000

/** The first actions are called most: in proportion to one over their number. */
function popular(random: SeededRandom, actions: number): number {
  return Math.floor(actions ** fraction(random)) - 1
}
