import { fixedPolicy, PlatformError, type Adapter, type KeepAlive, type PoolPolicy } from '@stemcell/core'
import { LRUCache } from 'lru-cache'
import { IdleHistogram } from './idle-histogram.ts'

/** Options of {@link hybridPolicy}. */
export interface HybridPolicyOptions {
  /** Width of a bin of idle times, ms. Default 1 minute. */
  readonly binMs?: number
  /** Idle times up to this one are counted in bins; longer ones are out of bounds, ms. Default 4 hours. */
  readonly rangeMs?: number
  /** Share of the idle times that may be shorter than the time until a container is made ahead. Default 0.05. */
  readonly head?: number
  /** Share of the idle times after which a container is kept no longer. Default 0.99. */
  readonly tail?: number
  /** By so much earlier is a container made, and later given up. Default 0.1. */
  readonly margin?: number
  /** The counts of the bins say something once their coefficient of variation is this high. Default 2. */
  readonly representative?: number
  /** And once there were so many idle times. Default 5. */
  readonly leastSamples?: number
  /** From this share of idle times out of bounds on, the histogram is not asked. Default 0.5. */
  readonly outOfBounds?: number
  /** What is kept of an action whose idle times are out of bounds, ms. Default 10 minutes. */
  readonly rareKeepMs?: number
  /** An idle container is suspended after this time, ms. Default 10 seconds. */
  readonly pauseGraceMs?: number
  /** Actions that are remembered. Default 10,000. */
  readonly rememberedActions?: number
}

interface Known {
  readonly histogram: IdleHistogram
  /** Since when containers of the action are idle, or would be had they been kept, monotonic ms: the next job takes the last. */
  readonly idleSinceMs: number[]
}

/** Idle containers of an action that are remembered. */
const MOST_IDLE = 256

/**
 * The hybrid histogram policy of Shahrad et al., Serverless in the Wild (USENIX ATC 2020). For each action it counts
 * how long it was idle. From the head of these times follows when a container is needed again, from the tail when not
 * any more: between, there is one; before, the memory is free. Where the counts are few or say nothing, containers are
 * kept for the whole range. Where idle times are longer than that, the study predicts them with ARIMA; here containers
 * are kept for a fixed time.
 *
 * The study learns of applications from the whole cluster, and one container takes all of an application's calls; here
 * each invoker learns of what it is sent, and where calls of an action overlap, each counts the idle time of the
 * container that it takes.
 */
export class HybridPolicy implements PoolPolicy {
  readonly #base: PoolPolicy
  readonly #known: LRUCache<string, Known>
  readonly #options: Required<HybridPolicyOptions>
  readonly #uncertain: KeepAlive
  readonly #rare: KeepAlive

  constructor(options: HybridPolicyOptions = {}) {
    this.#options = {
      binMs: positive('binMs', options.binMs ?? 60_000),
      rangeMs: positive('rangeMs', options.rangeMs ?? 14_400_000),
      head: share('head', options.head ?? 0.05),
      tail: share('tail', options.tail ?? 0.99),
      margin: share('margin', options.margin ?? 0.1),
      representative: notNegative('representative', options.representative ?? 2),
      leastSamples: notNegative('leastSamples', options.leastSamples ?? 5),
      outOfBounds: share('outOfBounds', options.outOfBounds ?? 0.5),
      rareKeepMs: notNegative('rareKeepMs', options.rareKeepMs ?? 600_000),
      pauseGraceMs: notNegative('pauseGraceMs', options.pauseGraceMs ?? 10_000),
      rememberedActions: positive('rememberedActions', options.rememberedActions ?? 10_000),
    }
    const { binMs, rangeMs, head, tail, rareKeepMs, rememberedActions } = this.#options
    if (rangeMs < binMs) throw badOption('rangeMs', 'must not be less than binMs')
    if (tail < head) throw badOption('tail', 'must not be less than head')
    this.#uncertain = this.#keptFor(rangeMs)
    this.#rare = this.#keptFor(rareKeepMs)
    this.#base = fixedPolicy({ pauseGraceMs: 0, idleTimeoutMs: 0 })
    this.#known = new LRUCache({ max: rememberedActions })
  }

  arrived({ key, nowMs }: Parameters<NonNullable<PoolPolicy['arrived']>>[0]): void {
    const known = this.#of(key)
    const idleSinceMs = known.idleSinceMs.pop()
    if (idleSinceMs !== undefined) known.histogram.add(Math.max(0, nowMs - idleSinceMs))
  }

  keepAlive({ key, idleSinceMs }: Parameters<PoolPolicy['keepAlive']>[0]): KeepAlive {
    if (key === undefined) return this.#uncertain
    const known = this.#of(key)
    known.idleSinceMs.push(idleSinceMs)
    if (known.idleSinceMs.length > MOST_IDLE) known.idleSinceMs.shift()
    const { histogram } = known
    const { binMs, head, tail, margin, representative, leastSamples, outOfBounds } = this.#options
    const { count, outOfBounds: beyond } = histogram
    if (count === 0) return this.#uncertain
    if (count >= leastSamples && beyond / count >= outOfBounds) return this.#rare
    if (count < leastSamples || histogram.variation < representative) return this.#uncertain
    const [headBin, tailBin] = histogram.window(head, tail)
    const untilMs = (tailBin + 1) * binMs * (1 + margin)
    // Rounded down: idle times of the first bin leave no time to be away.
    if (headBin === 0) return this.#keptFor(untilMs)
    const afterMs = headBin * binMs * (1 - margin)
    return { suspendAfterMs: 0, destroyAfterMs: 0, prewarm: { afterMs, keepMs: untilMs - afterMs } }
  }

  victim(idle: Parameters<PoolPolicy['victim']>[0]): ReturnType<PoolPolicy['victim']> {
    return this.#base.victim(idle)
  }

  reuseWait(demand: Parameters<PoolPolicy['reuseWait']>[0]): number {
    return this.#base.reuseWait(demand)
  }

  stemCells(...question: Parameters<PoolPolicy['stemCells']>): number {
    return this.#base.stemCells(...question)
  }

  #of(key: string): Known {
    let known = this.#known.get(key)
    if (!known) {
      const { binMs, rangeMs } = this.#options
      known = { histogram: new IdleHistogram(binMs, rangeMs), idleSinceMs: [] }
      this.#known.set(key, known)
    }
    return known
  }

  #keptFor(totalMs: number): KeepAlive {
    const suspendAfterMs = Math.min(this.#options.pauseGraceMs, totalMs)
    return { suspendAfterMs, destroyAfterMs: totalMs - suspendAfterMs }
  }
}

function badOption(option: string, what: string): PlatformError {
  return new PlatformError('ERR_CONFIG', `hybridPolicy: option ${option} ${what}`)
}

function positive(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw badOption(option, 'must be a number above 0')
}

function notNegative(option: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value
  throw badOption(option, 'must be a number, 0 or more')
}

function share(option: string, value: number): number {
  if (value >= 0 && value <= 1) return value
  throw badOption(option, 'must be a number from 0 to 1')
}

/** Learns how long each action is idle; see {@link HybridPolicy}. @throws ERR_CONFIG when built: an option is out of its range. */
export function hybridPolicy(options: HybridPolicyOptions = {}): Adapter<HybridPolicy> {
  return { name: '@stemcell/schedulers', core: '^0.1.0', build: () => new HybridPolicy(options) }
}
