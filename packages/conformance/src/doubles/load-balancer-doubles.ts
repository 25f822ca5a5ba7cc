import type { ClusterView, LoadBalancer, Placement, PlacementRequest } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

function balancer(place: (request: PlacementRequest, cluster: ClusterView) => Placement): () => LoadBalancer {
  return () => ({ name: 'broken', place })
}

interface Rules {
  readonly healthy?: boolean
  readonly dedicated?: boolean
  readonly room?: boolean
}

/** The first invoker that passes every rule not switched off. */
function first(request: PlacementRequest, cluster: ClusterView, rules: Rules = {}): number | undefined {
  const { healthy = true, dedicated = true, room = true } = rules
  return cluster.invokers.find(
    (invoker) =>
      (!healthy || invoker.state === 'healthy') &&
      (!dedicated ||
        invoker.dedicatedNamespaces.length === 0 ||
        invoker.dedicatedNamespaces.includes(request.namespace)) &&
      (!room || cluster.fits(invoker.id, request)),
  )?.id
}

function without(rules: Rules): () => LoadBalancer {
  return balancer((request, cluster) => {
    const invoker = first(request, cluster, rules)
    return invoker === undefined ? 'wait' : { invoker }
  })
}

export const loadBalancerDoubles: BrokenDoubles<LoadBalancer> = {
  'load-balancer.has-a-name': () => ({ name: '', place: () => 'wait' }),
  'load-balancer.uses-an-idle-cluster': balancer((request, cluster) =>
    cluster.invokers.length > 1 ? { invoker: first(request, cluster)! } : 'wait',
  ),
  'load-balancer.chooses-only-healthy-invokers': without({ healthy: false }),
  'load-balancer.sees-changes-of-the-cluster': () => {
    let remembered: number[] | undefined
    return {
      name: 'broken',
      place: (_request, cluster) => {
        remembered ??= cluster.invokers.filter(({ state }) => state === 'healthy').map(({ id }) => id)
        return { invoker: remembered[cluster.random(remembered.length)]! }
      },
    }
  },
  'load-balancer.respects-dedicated-invokers': without({ dedicated: false }),
  'load-balancer.waits-while-all-are-full': balancer((request, cluster) => {
    const invoker = first(request, cluster)
    return invoker === undefined ? { reject: 'all are full' } : { invoker }
  }),
  'load-balancer.never-overfills': without({ room: false }),
  'load-balancer.never-throws': balancer((request, cluster) => {
    const invoker = first(request, cluster)
    if (invoker === undefined) throw new Error('nowhere to go')
    return { invoker }
  }),
  'load-balancer.is-a-pure-choice': balancer((_request, cluster) => ({
    invoker: Math.floor(Math.random() * cluster.invokers.length),
  })),
  'load-balancer.is-quick': balancer((request, cluster) => {
    const sorted = [...cluster.invokers].sort((a, b) => b.freeMemoryMb - a.freeMemoryMb || a.id - b.id)
    const invoker = sorted.find(({ id }) => cluster.fits(id, request))
    return invoker ? { invoker: invoker.id } : 'wait'
  }),
  'load-balancer.says-that-it-uses-history': balancer((request, cluster) => {
    const known = cluster.invokers.find(({ id }) => (cluster.history(id, request)?.warmSlots ?? 0) > 0)
    return { invoker: known?.id ?? first(request, cluster)! }
  }),
}
