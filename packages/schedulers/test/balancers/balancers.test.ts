import { placementRequest, SyntheticCluster } from '@stemcell/conformance'
import type { ClusterView, LoadBalancer, PlacementRequest } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { PullBalancer } from '../../src/balancers/pull-balancer.ts'
import { TwoChoicesBalancer } from '../../src/balancers/two-choices-balancer.ts'

function chosen(balancer: LoadBalancer, request: PlacementRequest, cluster: ClusterView): number {
  const placement = balancer.place(request, cluster)
  if (typeof placement === 'object' && 'invoker' in placement) return placement.invoker
  throw new Error(`no invoker: ${JSON.stringify(placement)}`)
}

function action(name: string): PlacementRequest {
  return placementRequest({ action: `guest/${name}` })
}

describe('two choices', () => {
  it('stay at the first home while it has enough free, then go to the lighter of two', () => {
    const cluster = SyntheticCluster.of(20, 2048)
    const balancer = new TwoChoicesBalancer()
    const homes = new Set<number>()
    for (let call = 0; call < 12; call++) {
      const home = chosen(balancer, action('hello'), cluster)
      homes.add(home)
      cluster.take(home, action('hello'))
      if (call < 6) expect(homes.size).toBe(1)
    }
    expect(homes.size).toBe(2)
  })

  it('are the same for every controller, and spread over the cluster', () => {
    const cluster = SyntheticCluster.of(10)
    const [one, other] = [new TwoChoicesBalancer(), new TwoChoicesBalancer()]
    const counts = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 1_000; index++) {
      const home = chosen(one, action(`a${index}`), cluster)
      expect(chosen(other, action(`a${index}`), cluster)).toBe(home)
      counts[home]!++
    }
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(Math.max(...counts)).toBeLessThan(160)
  })

  it('find room elsewhere when both homes are full', () => {
    const cluster = SyntheticCluster.of(4, 256)
    const balancer = new TwoChoicesBalancer()
    const used = Array.from({ length: 4 }, () => {
      const home = chosen(balancer, action('hello'), cluster)
      cluster.take(home, action('hello'))
      return home
    })
    expect(new Set(used).size).toBe(4)
    expect(balancer.place(action('hello'), cluster)).toBe('wait')
  })

  it('say what is wrong with their option', () => {
    expect(() => new TwoChoicesBalancer({ stayBelow: 2 })).toThrow('stayBelow must be a number from 0 to 1')
  })
})

describe('pulling', () => {
  it('goes back to an invoker where a container is idle, and elsewhere while it is not', () => {
    const cluster = SyntheticCluster.of(30, 4096)
    const balancer = new PullBalancer()
    const first = chosen(balancer, action('hello'), cluster)
    cluster.take(first, action('hello'))
    // Busy: of thirty, the least busy of four is hardly the same.
    const second = chosen(balancer, action('hello'), cluster)
    expect(second).not.toBe(first)
    cluster.release(first, action('hello'))
    for (let call = 0; call < 10; call++) expect(chosen(balancer, action('hello'), cluster)).toBe(first)
  })

  it('of several that are ready chooses the one that ran last, or, of busy ones, the least busy', () => {
    const cluster = SyntheticCluster.of(30, 4096)
    const balancer = new PullBalancer()
    const [first, second, third] = Array.from({ length: 3 }, () => {
      const home = chosen(balancer, action('hello'), cluster)
      cluster.take(home, action('hello'))
      return home
    }) as [number, number, number]
    expect(new Set([first, second, third]).size).toBe(3)
    for (const home of [first, third, second]) {
      cluster.nowMs += 1_000
      cluster.release(home, action('hello'))
    }
    expect(chosen(balancer, action('hello'), cluster)).toBe(second)
    for (let other = 0; other < 14; other++) cluster.take(second, action('other'))
    expect(chosen(balancer, action('hello'), cluster)).toBe(third)
    for (let other = 0; other < 13; other++) cluster.take(third, action('other'))
    for (let other = 0; other < 12; other++) cluster.take(first, action('other'))
    expect(chosen(balancer, action('hello'), cluster)).toBe(first)
  })

  it('expects no container where the action ended long ago', () => {
    const cluster = SyntheticCluster.of(30, 4096)
    const balancer = new PullBalancer({ readyMs: 1_000 })
    const home = chosen(balancer, action('hello'), cluster)
    cluster.take(home, action('hello'))
    cluster.release(home, action('hello'))
    cluster.nowMs += 900
    expect(chosen(balancer, action('hello'), cluster)).toBe(home)
    cluster.nowMs += 200
    const chosenLater = Array.from({ length: 10 }, () => chosen(balancer, action('hello'), cluster))
    expect(new Set(chosenLater).size).toBeGreaterThan(1)
  })

  it('says what is wrong with its options', () => {
    expect(() => new PullBalancer({ queueLength: 0 })).toThrow('queueLength must be a positive integer')
  })
})
