import { PlatformError, SeededRandom, type Random } from '@stemcell/core'
import { RemovableHeap, type HeapItem } from '@stemcell/core/scheduling'
import { exponential, normal, shuffled, uniform } from './chance.ts'
import { inPortions, type Invocation, type Trace, type TraceFunction } from './trace.ts'

/** Of what {@link generateAzure2019} makes a trace. */
export interface GeneratorOptions {
  readonly invocations: number
  /** Default: one for each 1,000 invocations, at least 10. */
  readonly functions?: number
  /** Default 24. */
  readonly hours?: number
  /** Equal seeds make equal traces. Default 1. */
  readonly seed?: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Calls of a function in a day against the share of functions that are called no more often. That 45 % are called once an
 * hour or less and 81 % once a minute or less is in the text of the study; the points between and beyond follow its
 * figure, drawn through eight orders of magnitude.
 */
const CALLS_A_DAY: readonly (readonly [share: number, calls: number])[] = [
  [0, 1],
  [0.2, 4],
  [0.45, 24],
  [0.65, 240],
  [0.814, 1_440],
  [0.9, 10_000],
  [0.97, 100_000],
  [0.99, 600_000],
  [0.999, 10_000_000],
  [1, 100_000_000],
]

/** Share of functions that a timer calls, by the study. */
const TIMERS = 0.156
/** Above one call a minute there are hardly timers. */
const FASTEST_TIMER_A_DAY = 1_440
/** Of what is not called by timers, the share that is called at random times; the rest comes in bursts. */
const STEADY = 0.5
const BURSTIEST = 10
/** Load goes up and down by this share in a day; half or more of it is always there. */
const DAILY_SWING = 0.3

/** ln of seconds: the fit of the average run times of functions in the study. */
const RUN_LOG_MEAN = -0.38
const RUN_LOG_DEVIATION = 2.36
/** Of one function around its average. */
const RUN_SPREAD = 0.5
const SHORTEST_RUN_MS = 1
const LONGEST_RUN_MS = 300_000

/** The study's fit of an application's memory, MB: a Burr distribution. */
const BURR = { c: 11.652, k: 0.221, scale: 107.083 }
const LEAST_MB = 64
const MOST_MB = 2_048

/** Functions of an application: 54 % of them have one, 95 % ten or fewer. */
const FUNCTIONS_OF_AN_APPLICATION: readonly (readonly [share: number, most: number])[] = [
  [0.54, 1],
  [0.95, 10],
  [1, 50],
]

interface Source extends HeapItem {
  readonly fn: TraceFunction
  readonly gap: () => number
  readonly runMs: number
  readonly periodic: boolean
  nextMs: number
}

/**
 * A trace after the distributions that Shahrad et al. published of Azure Functions in 2019: how often functions are called,
 * how regularly, how long they run, what memory they take. Functions are drawn from all parts of the distribution of
 * rates. A trace of this many calls in this time has no room for the busiest, so that these are called less, all equally
 * often; who is called seldom, on whom cold starts depend, is as published.
 * @throws ERR_CONFIG an option is no count, or so few invocations cannot be had of so many functions.
 */
export function generateAzure2019(options: GeneratorOptions): Trace {
  const { invocations } = options
  const { functions = Math.max(10, Math.round(invocations / 1_000)), hours = 24, seed = 1 } = options
  positive('invocations', invocations)
  positive('functions', functions)
  if (!(hours > 0)) throw new PlatformError('ERR_CONFIG', 'generate: hours must be a number above 0')
  const fns = describe(functions, new SeededRandom(seed))
  return {
    name: `azure-2019, ${invocations} invocations of ${functions} functions, seed ${seed}`,
    fittingMemoryMb: fns.reduce((sum, { memoryMb }) => sum + memoryMb, 0),
    portions: () => inPortions(calls(fns, invocations, hours, new SeededRandom(seed + 1))),
  }
}

function describe(count: number, random: Random): TraceFunction[] {
  const fns: TraceFunction[] = []
  for (let application = 0; fns.length < count; application++) {
    const drawn = uniform(random)
    const at = FUNCTIONS_OF_AN_APPLICATION.findIndex(([share]) => drawn < share)
    const least = (FUNCTIONS_OF_AN_APPLICATION[at - 1]?.[1] ?? 0) + 1
    const most = FUNCTIONS_OF_AN_APPLICATION[at]![1]
    const size = least + random.below(most - least + 1)
    for (let each = 0; each < size && fns.length < count; each++) {
      const namespace = `app${application}`
      fns.push({ name: `${namespace}/fn${each}`, namespace, memoryMb: memoryOf(random), initMs: undefined })
    }
  }
  return fns
}

function memoryOf(random: Random): number {
  const { c, k, scale } = BURR
  const mb = scale * ((1 - uniform(random)) ** (-1 / k) - 1) ** (1 / c)
  return Math.round(Math.min(MOST_MB, Math.max(LEAST_MB, mb)))
}

function* calls(
  fns: readonly TraceFunction[],
  invocations: number,
  hours: number,
  random: Random,
): Generator<Invocation> {
  const durationMs = hours * HOUR_MS
  const rates = shuffled(
    fns.map((_, index) => callsADay((index + uniform(random)) / fns.length)),
    random,
  )
  const most = cap(rates, (invocations * DAY_MS) / durationMs)
  const heap = new RemovableHeap<Source>((a, b) => a.nextMs < b.nextMs)
  for (const [index, fn] of fns.entries()) heap.add(sourceOf(fn, rates[index]!, most, random))
  for (let made = 0; made < invocations; made++) {
    const source = heap.first!
    heap.remove(source)
    yield { atMs: source.nextMs, fn: source.fn, runMs: runOf(source.runMs, random) }
    const level = source.periodic ? 1 : 1 + DAILY_SWING * Math.sin((2 * Math.PI * source.nextMs) / DAY_MS)
    source.nextMs += source.gap() / level
    heap.add(source)
  }
}

function sourceOf(fn: TraceFunction, rate: number, most: number, random: Random): Source {
  const meanMs = DAY_MS / Math.min(rate, most)
  const periodic = rate <= FASTEST_TIMER_A_DAY && uniform(random) < TIMERS * shareBelow(FASTEST_TIMER_A_DAY)
  const gap = periodic ? () => meanMs : burstyGap(meanMs, random)
  const logMs = RUN_LOG_MEAN + RUN_LOG_DEVIATION * normal(random)
  const runMs = Math.min(LONGEST_RUN_MS, Math.max(SHORTEST_RUN_MS, Math.exp(logMs) * 1_000))
  return { fn, gap, runMs, periodic, nextMs: gap() * uniform(random), heapAt: -1 }
}

/** So that of all functions the published share has a timer. */
function shareBelow(calls: number): number {
  return 1 / (CALLS_A_DAY.find(([, most]) => most >= calls)?.[0] ?? 1)
}

/** Times between calls: exponential, or of two kinds, short ones in bursts and long ones between them. */
function burstyGap(meanMs: number, random: Random): () => number {
  if (uniform(random) < STEADY) return () => meanMs * exponential(random)
  const variation = BURSTIEST ** uniform(random)
  const squared = Math.max(1, variation * variation)
  const share = 0.5 * (1 + Math.sqrt((squared - 1) / (squared + 1)))
  return () => {
    const isShort = uniform(random) < share
    return (meanMs * exponential(random)) / (2 * (isShort ? share : 1 - share))
  }
}

function runOf(averageMs: number, random: Random): number {
  const ms = averageMs * Math.exp(RUN_SPREAD * normal(random) - (RUN_SPREAD * RUN_SPREAD) / 2)
  return Math.min(LONGEST_RUN_MS, Math.max(SHORTEST_RUN_MS, ms))
}

function callsADay(share: number): number {
  const at = CALLS_A_DAY.findIndex(([upTo]) => share <= upTo)
  const [above, most] = CALLS_A_DAY[Math.max(1, at)]!
  const [below, least] = CALLS_A_DAY[Math.max(1, at) - 1]!
  return least * (most / least) ** ((share - below) / (above - below))
}

/** The rate that no function exceeds, so that all together make `total` calls a day. */
function cap(rates: readonly number[], total: number): number {
  let low = 0
  let high = Math.max(total, ...rates)
  for (let round = 0; round < 100; round++) {
    const middle = (low + high) / 2
    if (rates.reduce((sum, rate) => sum + Math.min(rate, middle), 0) < total) low = middle
    else high = middle
  }
  return high
}

function positive(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new PlatformError('ERR_CONFIG', `generate: ${option} must be a whole number, 1 or more`)
}
