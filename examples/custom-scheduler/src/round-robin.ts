import type { Adapter, ClusterView, LoadBalancer, Placement, PlacementRequest } from '@stemcell/core'

/** Gives each invoker its turn, whatever is asked for. */
export class RoundRobin implements LoadBalancer {
  readonly name = 'round-robin'
  #next = 0

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const { invokers } = cluster
    let usable = false
    for (let step = 0; step < invokers.length; step++) {
      const { id, state, dedicatedNamespaces } = invokers[(this.#next + step) % invokers.length]!
      const open = dedicatedNamespaces.length === 0 || dedicatedNamespaces.includes(request.namespace)
      if (state !== 'healthy' || !open) continue
      usable = true
      if (!cluster.fits(id, request)) continue
      this.#next = id + 1
      return { invoker: id }
    }
    return usable ? 'wait' : { reject: 'no healthy invoker' }
  }
}

export function roundRobin(): Adapter<LoadBalancer> {
  return { name: 'round-robin', core: '^0.1.0', build: () => new RoundRobin() }
}
