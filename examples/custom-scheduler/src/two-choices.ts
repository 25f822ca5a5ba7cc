import type { Adapter, ClusterView, InvokerView, LoadBalancer, Placement, PlacementRequest } from '@stemcell/core'

/** Up to this share of its memory in use, an invoker is not too busy to be asked for what it has warm. */
const BUSY = 0.85
/** Homes of an action that are remembered; more would only be colder. */
const MOST_HOMES = 4
const MOST_ACTIONS = 10_000

/**
 * Power of two choices with locality. An action stays on its home, where its warm containers are, until that is busy; then
 * on its next home. Only when all are busy is another made: of two invokers drawn at random, the one that
 * was called less so far. So an action has as few homes as its load allows, and homes are spread over the cluster.
 */
export class TwoChoices implements LoadBalancer {
  readonly name = 'two-choices'
  /** In order of their last use. */
  readonly #homes = new Map<string, number[]>()
  /** Placements on each invoker. */
  readonly #calls: number[] = []

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const key = `${request.namespace} ${request.action}`
    const homes = this.#homes.get(key) ?? []
    const free = homes.find((id) => isUsable(id, request, cluster) && loadOf(cluster.invokers[id]!) < BUSY)
    const invoker = free ?? this.#newHome(key, homes, request, cluster)
    if (invoker === undefined) return whyNot(request, cluster)
    this.#calls[invoker] = (this.#calls[invoker] ?? 0) + 1
    return { invoker }
  }

  #newHome(key: string, homes: readonly number[], request: PlacementRequest, cluster: ClusterView): number | undefined {
    const all = cluster.invokers.filter(({ id }) => isUsable(id, request, cluster))
    if (all.length === 0) return undefined
    const [a, b] = [all[cluster.random(all.length)]!, all[cluster.random(all.length)]!]
    const { id } = this.#weightOf(a) <= this.#weightOf(b) ? a : b
    this.#homes.delete(key)
    this.#homes.set(key, [...homes.filter((home) => home !== id), id].slice(-MOST_HOMES))
    if (this.#homes.size > MOST_ACTIONS) this.#homes.delete(this.#homes.keys().next().value!)
    return id
  }

  /** One that is busy is taken only when the other is, too. */
  #weightOf(invoker: InvokerView): number {
    return loadOf(invoker) < BUSY ? (this.#calls[invoker.id] ?? 0) : Infinity
  }
}

function isUsable(id: number, request: PlacementRequest, cluster: ClusterView): boolean {
  return serves(cluster.invokers[id], request) && cluster.fits(id, request)
}

/** Share of the memory in use. */
function loadOf({ memoryMb, freeMemoryMb }: InvokerView): number {
  return memoryMb > 0 ? 1 - freeMemoryMb / memoryMb : 1
}

function serves(invoker: InvokerView | undefined, { namespace }: PlacementRequest): boolean {
  if (invoker?.state !== 'healthy') return false
  return invoker.dedicatedNamespaces.length === 0 || invoker.dedicatedNamespaces.includes(namespace)
}

function whyNot(request: PlacementRequest, { invokers }: ClusterView): Placement {
  const serving = invokers.filter((invoker) => serves(invoker, request))
  if (serving.length === 0) return { reject: 'no healthy invoker' }
  if (serving.some(({ memoryMb }) => memoryMb >= request.memoryMb)) return 'wait'
  return { reject: 'no healthy invoker is large enough' }
}

export function twoChoices(): Adapter<LoadBalancer> {
  return { name: 'two-choices', core: '^0.1.0', build: () => new TwoChoices() }
}
