import { describe, expect, it } from 'vitest'
import { fixedPolicy, type PoolPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { PoolBench } from '../fakes/pool-bench.ts'

const fixed = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 })

async function benchWith(policy: Partial<PoolPolicy>, memoryMb = 512): Promise<PoolBench> {
  return new PoolBench({ memoryMb, parts: { policy: { ...fixed, ...policy } } }).open()
}

describe('a policy of the pool', () => {
  it('keeps the containers of each action as long as it likes', async () => {
    const bench = await benchWith({
      keepAlive: ({ key }) => ({ suspendAfterMs: key === 'rare' ? 100 : 50_000, destroyAfterMs: 100 }),
    })
    await bench.run({ key: 'rare' })
    await bench.run({ key: 'frequent' })
    await bench.clock.advance(1_000)
    expect(bench.pool.gauges.idle).toBe(1)
    expect((await bench.run({ key: 'frequent' })).how).toBe('hot')
    expect((await bench.run({ key: 'rare' })).how).toBe('cold no-container')
  })

  it('chooses who makes room, of those that help', async () => {
    const bench = await benchWith({ victim: (idle) => [...idle].find(({ key }) => key === 'second') }, 384)
    for (const key of ['first', 'second', 'third']) await bench.run({ key })
    await bench.run({ key: 'fourth' })
    expect((await bench.run({ key: 'first' })).how).toBe('hot')
    expect((await bench.run({ key: 'third' })).how).toBe('hot')
  })
})
