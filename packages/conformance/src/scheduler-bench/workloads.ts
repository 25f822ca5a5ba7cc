import { SeededRandom, type PlacementRequest, type Random } from '@stemcell/core'

export type WorkloadName = 'uniform' | 'skewed' | 'bursty' | 'small'

/** Invocations of a synthetic cluster, in order of their times. */
export interface Workload {
  readonly name: WorkloadName
  readonly summary: string
  readonly actions: readonly SyntheticAction[]
  readonly arrivals: readonly Arrival[]
}

export interface SyntheticAction {
  readonly request: PlacementRequest
  /** Of a run on average, ms. */
  readonly runMs: number
  /** Of making and initialising a container, ms. */
  readonly coldMs: number
}

export interface Arrival {
  readonly atMs: number
  /** Index among the actions. */
  readonly action: number
  readonly runMs: number
}

/** Of what a workload is made for: the cluster's memory, and how many invocations there are. */
export interface WorkloadSize {
  readonly clusterMemoryMb: number
  readonly invocations: number
  readonly seed: number
}

interface Kind {
  readonly summary: string
  readonly actions: number
  readonly memoryMb: readonly number[]
  readonly runMs: readonly [least: number, most: number]
  readonly coldMs: number
  /** How unevenly actions are called: 0 all alike, 1 as words are used. */
  readonly skew: number
  /** Share of the cluster's memory that runs take on average; cold starts come on top, and should not fill it. */
  readonly use: number
  /** So many calls of one action come at once, again and again; 0 for none. */
  readonly burst: number
}

const KINDS: Readonly<Record<WorkloadName, Kind>> = {
  uniform: {
    summary: '100 actions, called alike',
    actions: 100,
    memoryMb: [128, 256, 512],
    runMs: [50, 500],
    coldMs: 400,
    skew: 0,
    use: 0.25,
    burst: 0,
  },
  skewed: {
    summary: '1,000 actions, the most popular called as often as the next two together',
    actions: 1000,
    memoryMb: [128, 256, 512],
    runMs: [50, 500],
    coldMs: 400,
    skew: 1,
    use: 0.2,
    burst: 0,
  },
  bursty: {
    summary: '200 actions, half of the calls in bursts of 100 of one action',
    actions: 200,
    memoryMb: [256],
    runMs: [50, 500],
    coldMs: 400,
    skew: 0.5,
    use: 0.12,
    burst: 100,
  },
  small: {
    summary: '5,000 small actions of some milliseconds',
    actions: 5000,
    memoryMb: [128],
    runMs: [2, 30],
    coldMs: 250,
    skew: 0.8,
    use: 0.03,
    burst: 0,
  },
}

export const WORKLOADS = Object.keys(KINDS) as readonly WorkloadName[]

/** The same for the same size, seed included. */
export function workload(name: WorkloadName, { clusterMemoryMb, invocations, seed }: WorkloadSize): Workload {
  const kind = KINDS[name]
  const random = new SeededRandom(seed)
  const actions = Array.from({ length: kind.actions }, (_, index) => actionOf(kind, index, random))
  const choose = unevenly(kind.actions, kind.skew, random)
  const perCall = actions.reduce((sum, { request, runMs }) => sum + request.memoryMb * runMs, 0) / actions.length
  const meanGapMs = perCall / (clusterMemoryMb * kind.use)
  const arrivals: Arrival[] = []
  let nowMs = 0
  const call = (action: number): void => {
    arrivals.push({ atMs: nowMs, action, runMs: Math.max(1, actions[action]!.runMs * exponential(random)) })
  }
  while (arrivals.length < invocations) {
    if (kind.burst > 0 && random.below(kind.burst) === 0) {
      const action = random.below(kind.actions)
      for (let each = 0; each < kind.burst && arrivals.length < invocations; each++) call(action)
      nowMs += meanGapMs * kind.burst
    }
    if (arrivals.length < invocations) call(choose())
    nowMs += meanGapMs * exponential(random)
  }
  return { name, summary: kind.summary, actions, arrivals }
}

function actionOf({ memoryMb, runMs: [least, most], coldMs }: Kind, index: number, random: Random): SyntheticAction {
  const namespace = `ns${index % 50}`
  return {
    request: {
      namespace,
      action: `${namespace}/action${index}`,
      version: '0.0.1',
      kind: 'nodejs:20',
      memoryMb: memoryMb[index % memoryMb.length]!,
      maxConcurrent: 1,
      blackbox: false,
    },
    runMs: least + (most - least) * fraction(random),
    coldMs: coldMs * (0.5 + fraction(random)),
  }
}

/** The n-th most popular is chosen in proportion to 1 / n^skew. */
function unevenly(count: number, skew: number, random: Random): () => number {
  const upTo: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank++) upTo.push((sum += rank ** -skew))
  return () => {
    const drawn = fraction(random) * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle]! < drawn) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** With mean 1. */
function exponential(random: Random): number {
  return -Math.log(1 - fraction(random))
}

/** In [0, 1). */
function fraction(random: Random): number {
  return random.below(2 ** 31) / 2 ** 31
}
