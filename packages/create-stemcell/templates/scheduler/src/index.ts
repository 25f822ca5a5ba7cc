import type { Adapter, ClusterView, InvokerView, LoadBalancer, Placement, PlacementRequest } from '@stemcell/core'

/** Draws two invokers at random and takes the one with fewer activations in flight. */
export class MyScheduler implements LoadBalancer {
  readonly name = '__NAME__'

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const usable = cluster.invokers.filter((invoker) => serves(invoker, request))
    if (usable.length === 0) return { reject: 'no healthy invoker' }
    const free = usable.filter(({ id }) => cluster.fits(id, request))
    if (free.length === 0) {
      const largeEnough = usable.some(({ memoryMb }) => memoryMb >= request.memoryMb)
      return largeEnough ? 'wait' : { reject: 'no healthy invoker is large enough' }
    }
    const first = free[cluster.random(free.length)]!
    const second = free[cluster.random(free.length)]!
    return { invoker: first.inFlight <= second.inFlight ? first.id : second.id }
  }
}

function serves({ state, dedicatedNamespaces }: InvokerView, { namespace }: PlacementRequest): boolean {
  return state === 'healthy' && (dedicatedNamespaces.length === 0 || dedicatedNamespaces.includes(namespace))
}

/** For `assemble({ loadBalancer: myScheduler() })`. */
export function myScheduler(): Adapter<LoadBalancer> {
  return { name: '__NAME__', core: '^__VERSION__', build: () => new MyScheduler() }
}
