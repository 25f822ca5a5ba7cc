import type { ClusterView, InvokerView, Placement, PlacementRequest } from '@stemcell/core'

/** Whether the first is the better choice. */
export type Better = (a: InvokerView, b: InvokerView) => boolean

/** The healthy invokers of a cluster, looked up anew only when the cluster has changed. */
export class Candidates {
  #version: number | undefined
  #ids: readonly number[] = []

  /** In order of their numbers. */
  of(cluster: ClusterView): readonly number[] {
    if (cluster.version !== this.#version) {
      this.#ids = cluster.invokers.filter(({ state }) => state === 'healthy').map(({ id }) => id)
      this.#version = cluster.version
    }
    return this.#ids
  }

  /** The best of `count` drawn at random that can take the request. */
  draw(request: PlacementRequest, cluster: ClusterView, count: number, better: Better): number | undefined {
    const ids = this.of(cluster)
    let best: InvokerView | undefined
    for (let drawn = 0; drawn < count && ids.length > 0; drawn++) {
      const id = ids[cluster.random(ids.length)]!
      if (!canTake(id, request, cluster)) continue
      const invoker = cluster.invokers[id]!
      if (!best || better(invoker, best)) best = invoker
    }
    return best?.id
  }

  /** The first from a random one on that can take the request, or why none can. */
  any(request: PlacementRequest, cluster: ClusterView): Placement {
    const ids = this.of(cluster)
    const start = ids.length > 0 ? cluster.random(ids.length) : 0
    let isServed = false
    let isLargeEnough = false
    for (let offset = 0; offset < ids.length; offset++) {
      const id = ids[(start + offset) % ids.length]!
      const invoker = cluster.invokers[id]!
      if (!serves(invoker, request)) continue
      if (cluster.fits(id, request)) return { invoker: id }
      isServed = true
      isLargeEnough ||= invoker.memoryMb >= request.memoryMb
    }
    if (isLargeEnough) return 'wait'
    return { reject: isServed ? 'no healthy invoker is large enough' : 'no healthy invoker' }
  }
}

/** It may be chosen, and has room. */
export function canTake(id: number, request: PlacementRequest, cluster: ClusterView): boolean {
  const invoker = cluster.invokers[id]
  return invoker !== undefined && serves(invoker, request) && cluster.fits(id, request)
}

function serves({ state, dedicatedNamespaces }: InvokerView, { namespace }: PlacementRequest): boolean {
  return state === 'healthy' && (dedicatedNamespaces.length === 0 || dedicatedNamespaces.includes(namespace))
}

/** Share of the memory in use. */
export function loadOf({ memoryMb, freeMemoryMb }: InvokerView): number {
  return memoryMb > 0 ? 1 - freeMemoryMb / memoryMb : 1
}
