import { LRUCache } from 'lru-cache'
import type { Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import type { ClusterView, InvokerView, LoadBalancer, Placement, PlacementRequest } from './load-balancer.ts'
import { serves } from './serves.ts'
import { callerKey } from './caller-key.ts'
import { growingTo } from '../collections/growing-cache.ts'

/** Options of {@link leastLoadedBalancer}. */
export interface LeastLoadedBalancerOptions {
  /** Invokers drawn at random, of which the least loaded wins. Default 4. */
  readonly choices?: number
  /**
   * An action stays on the invoker that ran it last while less than this share of that invoker's memory is in use, so
   * that it meets its warm containers. 0 to 1, 0 never stays; default 0.7.
   */
  readonly stayBelow?: number
  /** Actions of which the last invoker is remembered. Default 10,000. */
  readonly rememberedActions?: number
}

/**
 * Spreads load by what is in use: of a few invokers drawn at random the one with the most of its memory free, ties to
 * the one with fewer activations in flight. Two hot actions never fight for one home, and the cost of a choice does
 * not grow with the cluster until it is nearly full; then all are looked at, and `wait` means that none has room.
 */
export class LeastLoadedBalancer implements LoadBalancer {
  readonly name = 'least-loaded'
  readonly #choices: number
  readonly #stayBelow: number
  readonly #last: LRUCache<string, number>
  #version: number | undefined
  #healthy: readonly number[] = []

  constructor(options: LeastLoadedBalancerOptions = {}) {
    this.#choices = positiveInteger('choices', options.choices ?? 4)
    const { stayBelow = 0.7 } = options
    if (!(stayBelow >= 0 && stayBelow <= 1)) {
      throw new PlatformError('ERR_CONFIG', 'leastLoadedBalancer: option stayBelow must be a number from 0 to 1')
    }
    this.#stayBelow = stayBelow
    this.#last = new LRUCache(growingTo(positiveInteger('rememberedActions', options.rememberedActions ?? 10_000)))
  }

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    if (cluster.version !== this.#version) {
      this.#healthy = cluster.invokers.filter(({ state }) => state === 'healthy').map(({ id }) => id)
      this.#version = cluster.version
    }
    const key = callerKey(request)
    const last = this.#last.get(key)
    const lastInvoker = last === undefined ? undefined : cluster.invokers[last]
    if (
      lastInvoker &&
      load(lastInvoker) < this.#stayBelow &&
      serves(lastInvoker, request) &&
      cluster.fits(lastInvoker.id, request)
    ) {
      return { invoker: lastInvoker.id }
    }

    const drawn = this.#draw(request, cluster)
    const chosen = typeof drawn === 'number' ? drawn : this.#first(request, cluster)
    if (typeof chosen !== 'number') return chosen
    this.#last.set(key, chosen)
    return { invoker: chosen }
  }

  #draw(request: PlacementRequest, cluster: ClusterView): number | undefined {
    const ids = this.#healthy
    if (ids.length === 0) return undefined
    let best: InvokerView | undefined
    for (let choice = 0; choice < this.#choices; choice++) {
      const invoker = cluster.invokers[ids[cluster.random(ids.length)]!]!
      if (serves(invoker, request) && cluster.fits(invoker.id, request) && (!best || lighter(invoker, best))) {
        best = invoker
      }
    }
    return best?.id
  }

  /** Walks over all of them from a random one on. */
  #first(request: PlacementRequest, cluster: ClusterView): number | Exclude<Placement, { invoker: number }> {
    const ids = this.#healthy
    const start = ids.length > 0 ? cluster.random(ids.length) : 0
    let serving = false
    let largeEnough = false
    for (let offset = 0; offset < ids.length; offset++) {
      const position = start + offset
      const invoker = cluster.invokers[ids[position < ids.length ? position : position - ids.length]!]!
      if (!serves(invoker, request)) continue
      if (cluster.fits(invoker.id, request)) return invoker.id
      serving = true
      largeEnough ||= invoker.memoryMb >= request.memoryMb
    }
    if (largeEnough) return 'wait'
    return { reject: serving ? 'no healthy invoker is large enough' : 'no healthy invoker' }
  }
}

/** Share of the memory in use. */
function load({ memoryMb, freeMemoryMb }: InvokerView): number {
  return memoryMb > 0 ? 1 - freeMemoryMb / memoryMb : 1
}

function lighter(a: InvokerView, b: InvokerView): boolean {
  const difference = load(a) - load(b)
  return difference < 0 || (difference === 0 && a.inFlight < b.inFlight)
}

function positiveInteger(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new PlatformError('ERR_CONFIG', `leastLoadedBalancer: option ${option} must be a positive integer`)
}

/** Follows the load instead of a hash; see {@link LeastLoadedBalancer}. */
export function leastLoadedBalancer(options: LeastLoadedBalancerOptions = {}): Adapter<LeastLoadedBalancer> {
  return { name: '@stemcell/core', core: '^0.1.0', build: () => new LeastLoadedBalancer(options) }
}
