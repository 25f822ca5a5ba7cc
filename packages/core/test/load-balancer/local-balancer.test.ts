import { expect, it } from 'vitest'
import { placementRequest, SyntheticCluster } from '@stemcell/conformance'
import { LocalBalancer } from '../../src/load-balancer/local-balancer.ts'

it('uses invoker 0, and waits while that one is full, starting or not there yet', () => {
  const balancer = new LocalBalancer()
  const request = placementRequest()
  expect(balancer.place(request, new SyntheticCluster([]))).toBe('wait')
  const cluster = SyntheticCluster.of(1, 256)
  expect(balancer.place(request, cluster)).toEqual({ invoker: 0 })
  cluster.take(0, request)
  expect(balancer.place(request, cluster)).toBe('wait')
  cluster.release(0, request)
  cluster.setState(0, 'unhealthy')
  expect(balancer.place(request, cluster)).toBe('wait')
})
