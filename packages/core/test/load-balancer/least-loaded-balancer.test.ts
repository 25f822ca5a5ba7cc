import { expect, it } from 'vitest'
import { placementRequest, SyntheticCluster } from '@stemcell/conformance'
import type { Placement } from '../../src/load-balancer/load-balancer.ts'
import { LeastLoadedBalancer } from '../../src/load-balancer/least-loaded-balancer.ts'

function chosen(placement: Placement): number {
  if (typeof placement === 'object' && 'invoker' in placement) return placement.invoker
  throw new Error(`no invoker: ${JSON.stringify(placement)}`)
}

it('returns to the invoker that ran the action last while that one is lightly loaded', () => {
  const balancer = new LeastLoadedBalancer()
  const cluster = SyntheticCluster.of(50)
  const request = placementRequest()
  const home = chosen(balancer.place(request, cluster))
  for (let call = 0; call < 20; call++) expect(chosen(balancer.place(request, cluster))).toBe(home)
})

it('moves a hot action on once its invoker is loaded', () => {
  const balancer = new LeastLoadedBalancer({ stayBelow: 0.5 })
  const cluster = SyntheticCluster.of(10, 1024)
  const request = placementRequest()
  const used = new Set<number>()
  for (let call = 0; call < 10; call++) {
    const id = chosen(balancer.place(request, cluster))
    cluster.take(id, request)
    used.add(id)
  }
  // Two activations make half of an invoker's memory.
  expect(used.size).toBe(5)
})

it('spreads evenly when it never stays', () => {
  const balancer = new LeastLoadedBalancer({ stayBelow: 0 })
  const cluster = SyntheticCluster.of(20, 25_600)
  const request = placementRequest()
  for (let call = 0; call < 400; call++) cluster.take(chosen(balancer.place(request, cluster)), request)
  const counts = cluster.invokers.map(({ inFlight }) => inFlight)
  expect(Math.min(...counts)).toBeGreaterThan(14)
  expect(Math.max(...counts)).toBeLessThan(26)
})

it('finds the one place that is left in a cluster that is nearly full', () => {
  const cluster = SyntheticCluster.of(200, 256)
  const request = placementRequest()
  for (let id = 0; id < 200; id++) if (id !== 137) cluster.take(id, request)
  expect(new LeastLoadedBalancer().place(request, cluster)).toEqual({ invoker: 137 })
  cluster.take(137, request)
  expect(new LeastLoadedBalancer().place(request, cluster)).toBe('wait')
})

it('rejects, with the reason, what no invoker can ever run', () => {
  const balancer = new LeastLoadedBalancer()
  expect(balancer.place(placementRequest(), new SyntheticCluster([]))).toEqual({ reject: 'no healthy invoker' })
  const large = placementRequest({ memoryMb: 4096 })
  expect(new LeastLoadedBalancer().place(large, SyntheticCluster.of(2))).toEqual({
    reject: 'no healthy invoker is large enough',
  })
})

it('refuses impossible options with a message that names them', () => {
  expect(() => new LeastLoadedBalancer({ choices: 0 })).toThrow(/option choices/)
  expect(() => new LeastLoadedBalancer({ stayBelow: 2 })).toThrow(/option stayBelow/)
  expect(() => new LeastLoadedBalancer({ rememberedActions: 0.5 })).toThrow(/option rememberedActions/)
})
