import type { Adapter } from '../adapter.ts'
import type { ClusterView, LoadBalancer, Placement, PlacementRequest } from './load-balancer.ts'
import { serves } from './serves.ts'

/** For a platform with the one invoker 0: it runs there or it waits, also while that invoker is starting. */
export class LocalBalancer implements LoadBalancer {
  readonly name = 'local'

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const [invoker] = cluster.invokers
    return invoker && serves(invoker, request) && cluster.fits(0, request) ? { invoker: 0 } : 'wait'
  }
}

/** The balancer of a platform in one process, see {@link LocalBalancer}. */
export function localBalancer(): Adapter<LocalBalancer> {
  return { name: '@stemcell/core', core: '^0.1.0', build: () => new LocalBalancer() }
}
