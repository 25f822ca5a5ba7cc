import assert from 'node:assert/strict'
import type { ActionHistory, ClusterView, LoadBalancer, Placement, PlacementRequest } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { placementRequest, SyntheticCluster } from './synthetic-cluster.ts'

/** Requests of `count` different actions in ten namespaces, some of them the users' own images. */
function requests(count: number): PlacementRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const namespace = `ns${index % 10}`
    return placementRequest({ namespace, action: `${namespace}/pkg/action${index}`, blackbox: index % 7 === 0 })
  })
}

/** Places and checks the form of the answer. */
function place(balancer: LoadBalancer, request: PlacementRequest, cluster: ClusterView): Placement {
  const placement = balancer.place(request, cluster)
  if (placement === 'wait') return placement
  assert.ok(typeof placement === 'object' && placement !== null, `answered ${typeof placement}`)
  if ('reject' in placement) {
    assert.ok(typeof placement.reject === 'string' && placement.reject !== '', 'a rejection must give its reason')
  } else {
    const { invoker } = placement
    assert.ok(Number.isSafeInteger(invoker) && cluster.invokers[invoker], `chose invoker ${invoker}, which is none`)
  }
  return placement
}

function chosen(placement: Placement): number | undefined {
  return typeof placement === 'object' && 'invoker' in placement ? placement.invoker : undefined
}

/** Every promise of the LoadBalancer SPI. */
export const loadBalancerCases: readonly ConformanceCase<LoadBalancer>[] = [
  {
    id: 'load-balancer.has-a-name',
    async run(balancer) {
      assert.match(balancer.name, /^[a-z0-9-]+$/)
    },
  },
  {
    id: 'load-balancer.uses-an-idle-cluster',
    async run(balancer) {
      for (const size of [1, 2, 3, 10, 100]) {
        const cluster = SyntheticCluster.of(size)
        for (const request of requests(50)) {
          const placement = place(balancer, request, cluster)
          assert.ok(chosen(placement) !== undefined, `${size} idle invokers: ${JSON.stringify(placement)}`)
        }
      }
    },
  },
  {
    id: 'load-balancer.chooses-only-healthy-invokers',
    async run(balancer) {
      const states = ['unhealthy', 'healthy', 'unresponsive', 'offline'] as const
      const cluster = new SyntheticCluster(Array.from({ length: 20 }, (_, id) => ({ state: states[id % 4]! })))
      for (const request of requests(200)) {
        const id = chosen(place(balancer, request, cluster))
        if (id !== undefined) assert.equal(cluster.invokers[id]!.state, 'healthy', `chose invoker ${id}`)
      }
    },
  },
  {
    id: 'load-balancer.sees-changes-of-the-cluster',
    async run(balancer) {
      const cluster = SyntheticCluster.of(4)
      for (const request of requests(20)) place(balancer, request, cluster)
      for (let id = 0; id < 4; id++) {
        cluster.setState(id, 'unresponsive')
        for (const request of requests(50)) {
          const choice = chosen(place(balancer, request, cluster))
          assert.notEqual(choice, id, `chose invoker ${id}, which had just become unresponsive`)
        }
        cluster.setState(id, 'healthy')
      }
      cluster.setState(0, 'offline')
      place(balancer, placementRequest(), cluster)
      cluster.setState(0, 'healthy')
      assert.ok(chosen(place(balancer, placementRequest(), cluster)) !== undefined, 'an invoker that came back is idle')
    },
  },
  {
    id: 'load-balancer.respects-dedicated-invokers',
    async run(balancer) {
      const cluster = new SyntheticCluster([
        { dedicatedNamespaces: ['ns1'] },
        {},
        { dedicatedNamespaces: ['ns2', 'ns3'] },
        {},
      ])
      for (const request of requests(200)) {
        const id = chosen(place(balancer, request, cluster))
        if (id === undefined) continue
        const { dedicatedNamespaces } = cluster.invokers[id]!
        const allowed = dedicatedNamespaces.length === 0 || dedicatedNamespaces.includes(request.namespace)
        assert.ok(allowed, `invoker ${id} does not serve ${request.namespace}`)
      }
    },
  },
  {
    id: 'load-balancer.waits-while-all-are-full',
    async run(balancer) {
      const cluster = SyntheticCluster.of(3)
      const request = placementRequest()
      for (let id = 0; id < 3; id++) while (cluster.fits(id, request)) cluster.take(id, request)
      for (const other of requests(50)) assert.equal(place(balancer, other, cluster), 'wait')
      for (let id = 0; id < 3; id++) cluster.release(id, request)
      assert.ok(chosen(place(balancer, request, cluster)) !== undefined, 'room was freed')
    },
  },
  {
    id: 'load-balancer.never-overfills',
    async run(balancer) {
      const cluster = SyntheticCluster.of(5, 1024)
      for (const request of requests(100)) {
        const id = chosen(place(balancer, request, cluster))
        if (id === undefined) continue
        assert.ok(cluster.fits(id, request), `invoker ${id} has no room`)
        cluster.take(id, request)
      }
    },
  },
  {
    id: 'load-balancer.never-throws',
    async run(balancer) {
      const clusters = [
        new SyntheticCluster([]),
        new SyntheticCluster([{ state: 'offline', memoryMb: 0 }]),
        new SyntheticCluster([{ state: 'offline', memoryMb: 0 }, { state: 'unhealthy' }]),
        SyntheticCluster.of(1),
        SyntheticCluster.of(7),
      ]
      const odd = [
        placementRequest({ namespace: '', action: '' }),
        placementRequest({ namespace: '__proto__', action: 'constructor/toString' }),
        placementRequest({ namespace: 'ä'.repeat(256), action: '\u{1f600}/@ .&-' }),
        placementRequest({ memoryMb: 1_000_000 }),
        placementRequest({ memoryMb: 1, maxConcurrent: 500, cpu: 64, kind: 'blackbox', blackbox: true }),
      ]
      for (const cluster of clusters) {
        for (const request of odd) {
          const id = chosen(place(balancer, request, cluster))
          if (id !== undefined) assert.ok(cluster.invokers[id]!.state === 'healthy' && cluster.fits(id, request))
        }
      }
    },
  },
  {
    id: 'load-balancer.is-a-pure-choice',
    async run(balancer) {
      const forbidden = (): never => {
        throw new Error('a load balancer may use no chance but `cluster.random`, no clock and no timer')
      }
      const { random } = Math
      const { now } = Date
      const { setTimeout, setInterval, fetch } = globalThis
      Math.random = forbidden
      Date.now = forbidden
      Object.assign(globalThis, { setTimeout: forbidden, setInterval: forbidden, fetch: forbidden })
      try {
        const cluster = SyntheticCluster.of(10)
        for (const request of requests(200)) {
          const id = chosen(place(balancer, request, cluster))
          if (id !== undefined) cluster.take(id, request)
        }
      } finally {
        Math.random = random
        Date.now = now
        Object.assign(globalThis, { setTimeout, setInterval, fetch })
      }
    },
  },
  {
    id: 'load-balancer.is-quick',
    async run(balancer, context) {
      const cluster = SyntheticCluster.of(1000)
      const many = requests(10_000)
      const start = process.cpuUsage()
      for (const [index, request] of many.entries()) {
        place(balancer, request, cluster)
        // Of this process: what else the machine does is not the balancer's.
        const { user, system } = process.cpuUsage(start)
        const tookMs = (user + system) / 1000
        assert.ok(
          tookMs < context.patienceMs,
          `${index + 1} placements on 1,000 invokers took ${Math.round(tookMs)} ms of CPU`,
        )
      }
    },
  },
  {
    id: 'load-balancer.says-that-it-uses-history',
    async run(balancer) {
      let asked = 0
      class Watched extends SyntheticCluster {
        override history(id: number, request: PlacementRequest): ActionHistory | undefined {
          asked++
          return super.history(id, request)
        }
      }
      for (const keepsHistory of [false, true]) {
        const cluster = new Watched(Array.from({ length: 10 }, () => ({ memoryMb: 100_000 })))
        cluster.keepsHistory = keepsHistory
        const many = requests(20)
        // The second time there is something to remember.
        for (const request of [...many, ...many]) {
          const id = chosen(place(balancer, request, cluster))
          assert.ok(id !== undefined, 'an idle cluster was not used')
          cluster.take(id, request)
          cluster.learn(id, request, { durationMs: 10, initMs: 5 })
          cluster.release(id, request)
          cluster.nowMs += 10
        }
      }
      if (balancer.usesHistory !== true)
        assert.equal(asked, 0, 'history is read, which is not kept without usesHistory')
    },
  },
]
