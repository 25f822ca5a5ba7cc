import {
  fixedPolicy,
  PlatformError,
  type Adapter,
  type IdleContainer,
  type KeepAlive,
  type PoolPolicy,
} from '@stemcell/core'
import { LRUCache } from 'lru-cache'

/** Options of {@link greedyDualPolicy}. */
export interface GreedyDualPolicyOptions {
  /** An idle container is suspended after this time, ms. Default 10 seconds. */
  readonly pauseGraceMs?: number
  /** It is destroyed after this further time even though nobody needs its room, ms. Default never. */
  readonly idleTimeoutMs?: number
  /** Actions that are remembered. Default 10,000. */
  readonly rememberedActions?: number
}

interface Known {
  /** Jobs since there was a container last. */
  frequency: number
  /** Of the latest start, ms. */
  costMs: number
  containers: number
}

/**
 * Greedy-dual keep-alive after Fuerst and Sharma, FaasCache (ASPLOS 2021): containers are a cache. Nothing goes before its
 * room is needed; then goes what has the lowest priority, clock + frequency × cost / size. The clock moves up to the
 * priority of what went, so that what was used long ago goes some day, however often it was used.
 */
export class GreedyDualPolicy implements PoolPolicy {
  readonly #base: PoolPolicy
  readonly #keepAlive: KeepAlive
  readonly #known: LRUCache<string, Known>
  readonly #priorities = new WeakMap<IdleContainer, number>()
  #clock = 0

  constructor({
    pauseGraceMs = 10_000,
    idleTimeoutMs = Infinity,
    rememberedActions = 10_000,
  }: GreedyDualPolicyOptions = {}) {
    if (!(pauseGraceMs >= 0)) throw badOption('pauseGraceMs', 'must be a number, 0 or more')
    if (!(idleTimeoutMs >= 0)) throw badOption('idleTimeoutMs', 'must be a number, 0 or more')
    if (!Number.isSafeInteger(rememberedActions) || rememberedActions < 1) {
      throw badOption('rememberedActions', 'must be a positive integer')
    }
    this.#keepAlive = { suspendAfterMs: pauseGraceMs, destroyAfterMs: idleTimeoutMs }
    this.#base = fixedPolicy({ pauseGraceMs, idleTimeoutMs })
    this.#known = new LRUCache({ max: rememberedActions })
  }

  arrived({ key }: Parameters<NonNullable<PoolPolicy['arrived']>>[0]): void {
    this.#of(key).frequency++
  }

  initialised({ key, tookMs }: Parameters<NonNullable<PoolPolicy['initialised']>>[0]): void {
    const known = this.#of(key)
    known.costMs = tookMs
    known.containers++
  }

  worth(container: IdleContainer): number {
    const { key, memoryMb } = container
    const known = key === undefined ? undefined : this.#known.get(key)
    const priority = this.#clock + (known ? (known.frequency * known.costMs) / Math.max(1, memoryMb) : 0)
    this.#priorities.set(container, priority)
    return priority
  }

  evicted(container: IdleContainer): void {
    this.#clock = Math.max(this.#clock, this.#priorities.get(container) ?? 0)
    const known = container.key === undefined ? undefined : this.#known.get(container.key)
    if (known && --known.containers <= 0) this.#known.delete(container.key!)
  }

  keepAlive(): KeepAlive {
    return this.#keepAlive
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
    if (!known) this.#known.set(key, (known = { frequency: 0, costMs: 0, containers: 0 }))
    return known
  }
}

function badOption(option: string, what: string): PlatformError {
  return new PlatformError('ERR_CONFIG', `greedyDualPolicy: option ${option} ${what}`)
}

/** Containers as a cache; see {@link GreedyDualPolicy}. @throws ERR_CONFIG when built: an option is out of its range. */
export function greedyDualPolicy(options: GreedyDualPolicyOptions = {}): Adapter<GreedyDualPolicy> {
  return { name: '@stemcell/schedulers', core: '^0.1.0', build: () => new GreedyDualPolicy(options) }
}
