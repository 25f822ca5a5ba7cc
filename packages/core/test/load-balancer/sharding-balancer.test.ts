import { describe, expect, it } from 'vitest'
import { placementRequest, SyntheticCluster } from '@stemcell/conformance'
import { adapterContext } from '../../src/adapter.ts'
import { javaHash } from '../../src/load-balancer/java-hash.ts'
import type { Placement, PlacementRequest } from '../../src/load-balancer/load-balancer.ts'
import { placementHash, ShardingBalancer, shardingBalancer } from '../../src/load-balancer/sharding-balancer.ts'

const split = placementRequest({ namespace: 'bob', action: 'acme/utils/split' })
const pure = { managedFraction: 1, blackboxFraction: 1 }

/** Places and books until the answer is no invoker; the invokers in the order chosen. */
function walk(balancer: ShardingBalancer, cluster: SyntheticCluster, request: PlacementRequest): [number[], Placement] {
  const order: number[] = []
  for (;;) {
    const placement = balancer.place(request, cluster)
    if (typeof placement !== 'object' || !('invoker' in placement)) return [order, placement]
    order.push(placement.invoker)
    cluster.take(placement.invoker, request)
  }
}

describe('the hash', () => {
  it.each([
    ['', 0],
    ['bob', 97_717],
    ['acme/utils/split', 1_642_321_639],
    ['polygenelubricants', -2_147_483_648],
    ['\u{1f600}', 1_772_899],
  ])("of '%s' is Java's", (text, hash) => {
    expect(javaHash(text)).toBe(hash)
  })

  it('combines namespace and action', () => {
    expect(placementHash('bob', 'acme/utils/split')).toBe(1_642_244_946)
  })

  it('is positive even for the smallest integer', () => {
    expect(placementHash('', 'polygenelubricants')).toBe(2_147_483_648)
  })
})

describe('ShardingBalancer', () => {
  it('starts at the home and walks with the stride that follow from the hash', () => {
    const cluster = SyntheticCluster.of(10, split.memoryMb)
    const [order, end] = walk(new ShardingBalancer(pure), cluster, split)
    expect(order).toEqual([6, 7, 8, 9, 0, 1, 2, 3, 4, 5])
    expect(end).toBe('wait')
  })

  it('probes each invoker once and no more before it waits', () => {
    const cluster = SyntheticCluster.of(10, split.memoryMb)
    const balancer = new ShardingBalancer(pure)
    walk(balancer, cluster, split)
    let probes = 0
    const counting = {
      version: cluster.version,
      invokers: cluster.invokers,
      controllers: 1,
      fits: () => {
        probes++
        return false
      },
      history: () => undefined,
      random: () => 0,
    }
    expect(balancer.place(split, counting)).toBe('wait')
    expect(probes).toBe(10)
  })

  it('places an action whose hash is the smallest integer', () => {
    const request = placementRequest({ namespace: '', action: 'polygenelubricants' })
    const placement = new ShardingBalancer(pure).place(request, SyntheticCluster.of(7))
    expect(placement).toEqual({ invoker: 2_147_483_648 % 7 })
  })

  it.each([
    // invokers, managed, blackbox
    [1, [0], [0]],
    [2, [0, 1], [1]],
    [9, [0, 1, 2, 3, 4, 5, 6, 7, 8], [8]],
    [10, [0, 1, 2, 3, 4, 5, 6, 7, 8], [9]],
    [20, Array.from({ length: 18 }, (_, id) => id), [18, 19]],
  ])('of %i invokers the first ones are managed and the last ones take foreign images', (size, managed, blackbox) => {
    const balancer = new ShardingBalancer()
    const sorted = ([ids]: [number[], Placement]): number[] => ids.toSorted((a, b) => a - b)
    expect(sorted(walk(balancer, SyntheticCluster.of(size, 256), split))).toEqual(managed)
    const foreign = placementRequest({ blackbox: true })
    expect(sorted(walk(balancer, SyntheticCluster.of(size, 256), foreign))).toEqual(blackbox)
  })

  it('gives foreign images all that is not managed', () => {
    const balancer = new ShardingBalancer({ managedFraction: 0.8 })
    const [order] = walk(balancer, SyntheticCluster.of(10, 256), placementRequest({ blackbox: true }))
    expect(order.toSorted((a, b) => a - b)).toEqual([8, 9])
  })

  it('leaves ids that were never seen out of the ring and of the split', () => {
    const never = { state: 'offline', memoryMb: 0 } as const
    const cluster = new SyntheticCluster([never, never, { memoryMb: 256 }, never, { memoryMb: 256 }, never])
    const [order] = walk(new ShardingBalancer(), cluster, split)
    expect(order.toSorted((a, b) => a - b)).toEqual([2, 4])
    const [foreign] = walk(new ShardingBalancer(), new SyntheticCluster([{}, never]), {
      ...split,
      blackbox: true,
      memoryMb: 2048,
    })
    expect(foreign).toEqual([0])
  })

  it('moves no home while an invoker is away', () => {
    const balancer = new ShardingBalancer(pure)
    const cluster = SyntheticCluster.of(10)
    const requests = Array.from({ length: 100 }, (_, index) => placementRequest({ action: `guest/a${index}` }))
    const before = requests.map((request) => balancer.place(request, cluster))
    cluster.setState(3, 'offline')
    const during = requests.map((request) => balancer.place(request, cluster))
    for (const [index, placement] of before.entries()) {
      if (JSON.stringify(placement) !== '{"invoker":3}') expect(during[index]).toEqual(placement)
    }
    cluster.setState(3, 'healthy')
    expect(requests.map((request) => balancer.place(request, cluster))).toEqual(before)
  })

  it('rejects, with the reason, what no invoker can ever run', () => {
    const balancer = new ShardingBalancer()
    expect(balancer.place(split, new SyntheticCluster([]))).toEqual({ reject: 'no invoker has been seen yet' })
    const unhealthy = new SyntheticCluster([{ state: 'unhealthy' }])
    expect(balancer.place(split, unhealthy)).toEqual({ reject: 'no healthy invoker' })
    const large = placementRequest({ memoryMb: 4096 })
    expect(new ShardingBalancer().place(large, SyntheticCluster.of(1))).toEqual({
      reject: 'no healthy invoker is large enough',
    })
  })

  it('refuses fractions out of range with a message that names the option', () => {
    for (const value of [-0.1, 1.1, Number.NaN]) {
      expect(() => new ShardingBalancer({ managedFraction: value })).toThrow(/option managedFraction/)
      expect(() => new ShardingBalancer({ blackboxFraction: value })).toThrow(/option blackboxFraction/)
    }
  })

  it('is built by its adapter', () => {
    expect(shardingBalancer().build(adapterContext()).name).toBe('sharding')
  })
})
