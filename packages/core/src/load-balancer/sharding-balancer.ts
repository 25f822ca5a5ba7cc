import type { Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import { coprimeSteps } from './coprime-steps.ts'
import { javaHash } from './java-hash.ts'
import type { ClusterView, LoadBalancer, Placement, PlacementRequest } from './load-balancer.ts'
import { serves } from './serves.ts'

/** Options of {@link shardingBalancer}. */
export interface ShardingBalancerOptions {
  /** Share of the invokers, from the first on, that run actions of the manifest's images. 0 to 1; default 0.9. */
  readonly managedFraction?: number
  /**
   * Share of the invokers, from the last on, that run the users' own images. 0 to 1; default 0.1. What
   * `managedFraction` leaves over is theirs in any case; when both add up to more than 1, the parts overlap.
   */
  readonly blackboxFraction?: number
}

interface Pool {
  readonly ids: readonly number[]
  readonly steps: readonly number[]
}

/**
 * OpenWhisk's placement. An action has a home among the invokers of its pool, found by a hash of namespace and action,
 * so that it meets its warm containers and every controller computes the same; where the home has no room, the ring is
 * walked with a stride that also follows from the hash.
 *
 * When no invoker of the whole ring has room, the answer is `wait`; nothing is ever forced onto a full invoker. Invokers
 * that were never seen take no place in the ring, those that went away keep theirs, so that a restart moves no homes.
 */
export class ShardingBalancer implements LoadBalancer {
  readonly name = 'sharding'
  readonly #managedFraction: number
  readonly #blackboxFraction: number
  #version: number | undefined
  #managed: Pool = { ids: [], steps: [1] }
  #blackbox: Pool = { ids: [], steps: [1] }

  constructor(options: ShardingBalancerOptions = {}) {
    this.#managedFraction = fraction('managedFraction', options.managedFraction ?? 0.9)
    // Rounded, for 1 - 0.9 is not 0.1 in binary.
    const rest = Math.round((1 - this.#managedFraction) * 1e9) / 1e9
    this.#blackboxFraction = Math.max(rest, fraction('blackboxFraction', options.blackboxFraction ?? 0.1))
  }

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    if (cluster.version !== this.#version) this.#rebuild(cluster)
    const { ids, steps } = request.blackbox ? this.#blackbox : this.#managed
    const size = ids.length
    if (size === 0) return { reject: 'no invoker has been seen yet' }

    const hash = placementHash(request.namespace, request.action)
    const step = steps[hash % steps.length]!
    let position = hash % size
    for (let probe = 0; probe < size; probe++) {
      const id = ids[position]!
      // Room first: in a crowded cluster it is what most lack.
      if (cluster.fits(id, request) && serves(cluster.invokers[id]!, request)) return { invoker: id }
      position += step
      if (position >= size) position -= size
    }
    return whyNot(ids, request, cluster)
  }

  #rebuild(cluster: ClusterView): void {
    const ring: number[] = []
    // An id below others that never sent a ping is a placeholder: it has no memory.
    for (const { id, state, memoryMb } of cluster.invokers) if (state !== 'offline' || memoryMb > 0) ring.push(id)
    const managedCount = share(ring.length, this.#managedFraction, Math.ceil)
    const blackboxCount = share(ring.length, this.#blackboxFraction, Math.floor)
    this.#managed = pool(ring.slice(0, managedCount), this.#managed)
    this.#blackbox = pool(ring.slice(ring.length - blackboxCount), this.#blackbox)
    this.#version = cluster.version
  }
}

/** Non-negative and the same on every controller. */
export function placementHash(namespace: string, action: string): number {
  // Doubles hold the absolute value of the smallest 32-bit integer, which Java's do not.
  return Math.abs(javaHash(namespace) ^ javaHash(action))
}

/** No invoker has room; will any ever? */
function whyNot(ids: readonly number[], request: PlacementRequest, { invokers }: ClusterView): Placement {
  const serving = ids.map((id) => invokers[id]!).filter((invoker) => serves(invoker, request))
  if (serving.some(({ memoryMb }) => memoryMb >= request.memoryMb)) return 'wait'
  return { reject: serving.length > 0 ? 'no healthy invoker is large enough' : 'no healthy invoker' }
}

function pool(ids: readonly number[], previous: Pool): Pool {
  return { ids, steps: ids.length === previous.ids.length ? previous.steps : coprimeSteps(ids.length) }
}

function share(size: number, part: number, round: (value: number) => number): number {
  return Math.min(size, Math.max(1, round(size * part)))
}

function fraction(option: string, value: number): number {
  if (value >= 0 && value <= 1) return value
  throw new PlatformError('ERR_CONFIG', `shardingBalancer: option ${option} must be a number from 0 to 1`)
}

/** The placement of OpenWhisk's default load balancer. */
export function shardingBalancer(options: ShardingBalancerOptions = {}): Adapter<ShardingBalancer> {
  return { name: '@stemcell/core', core: '^0.1.0', build: () => new ShardingBalancer(options) }
}
