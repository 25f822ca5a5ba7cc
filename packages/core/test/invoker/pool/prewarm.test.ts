import { describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import { fixedPolicy, type PoolPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { PoolBench, type PoolBenchOptions } from '../fakes/pool-bench.ts'

const fixed = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 })

/** Containers go at once, and another one is made after a minute for half a minute. */
const ahead: PoolPolicy = {
  ...fixed,
  keepAlive: () => ({ suspendAfterMs: 0, destroyAfterMs: 0, prewarm: { afterMs: 60_000, keepMs: 30_000 } }),
}

function open(policy: PoolPolicy = ahead, options: PoolBenchOptions = {}): Promise<PoolBench> {
  return new PoolBench({ ...options, parts: { policy, ...options.parts } }).open()
}

describe('a container made ahead', () => {
  it('is there when its time has come, and the next job finds it hot', async () => {
    const bench = await open()
    await bench.run()
    await bench.clock.advance(50_000)
    expect(bench.pool.gauges.usedMb).toBe(0)
    await bench.clock.advance(20_000)
    expect(bench.pool.gauges).toMatchObject({ idle: 1, busy: 0 })
    expect((await bench.run()).how).toBe('hot')
  })

  it('goes when no job came in its time, and no other is made', async () => {
    const bench = await open()
    await bench.run()
    await bench.clock.advance(95_000)
    expect(bench.pool.gauges).toMatchObject({ idle: 0, usedMb: 0 })
    await bench.clock.advance(600_000)
    expect(bench.specs).toHaveLength(2)
  })

  it('is not made when a job comes before', async () => {
    const bench = await open({
      ...ahead,
      keepAlive: () => ({ ...ahead.keepAlive({} as never), destroyAfterMs: 90_000 }),
    })
    await bench.run()
    await bench.clock.advance(30_000)
    expect((await bench.run()).how).toBe('resumed')
    await bench.clock.advance(59_000)
    expect(bench.specs).toHaveLength(1)
  })

  it('takes the job that comes while it is being made', async () => {
    const bench = await open()
    await bench.run({ initMs: 40 })
    await bench.clock.advance(60_000 + 50)
    const job = bench.submit({ initMs: 40 })
    expect(job.how).toBe('hot joined')
    const second = bench.submit({ initMs: 40 })
    expect(second.how).toMatch(/^cold/)
    await bench.untilEnded(job, second)
    expect(job.ends).toEqual(['kept'])
  })

  it('is left out where there is no room, or none for it beside the jobs that wait', async () => {
    const bench = await open(ahead, { memoryMb: 256 })
    await bench.run()
    const large = bench.submit({ key: 'large', memoryMb: 256, runMs: 100_000 })
    await bench.clock.advance(100_000)
    expect(bench.specs).toHaveLength(2)
    await bench.untilEnded(large)
  })

  it('that cannot be made or initialised is given up, and the job that joined it gets another', async () => {
    let made = 0
    const failure = new PlatformError('ERR_START_FAILED', 'no')
    const behaviour = { create: () => ({ delayMs: 100, ...(++made === 2 ? { failure } : {}) }) }
    const bench = await open(ahead, { behaviour })
    await bench.run()
    await bench.clock.advance(60_050)
    const job = bench.submit()
    await bench.untilEnded(job)
    expect(job.acquisitions).toEqual([
      { how: 'hot', reason: 'joined' },
      { how: 'cold', reason: 'replacement' },
    ])
    expect(job.ends).toEqual(['kept'])
    expect(made).toBe(3)
  })

  it('is called off when the pool closes', async () => {
    const bench = await open()
    await bench.run()
    let closed = false
    void bench.pool.close().then(() => (closed = true))
    await bench.clock.advance(200_000)
    expect(closed).toBe(true)
    expect(bench.specs).toHaveLength(1)
  })

  it('is planned for no more actions than the code of which may be kept', async () => {
    const bench = await open(
      {
        ...ahead,
        keepAlive: () => ({ suspendAfterMs: 0, destroyAfterMs: 0, prewarm: { afterMs: 3_600_000, keepMs: 1 } }),
      },
      { memoryMb: 128 * 2_100, maxParallelStarts: 3_000 },
    )
    const jobs = Array.from({ length: 2_100 }, (_, index) => bench.submit({ key: `a${index}` }))
    await bench.untilEnded(...jobs)
    await bench.clock.advance(3_700_000)
    expect(bench.specs).toHaveLength(2_100 + 2_000)
  })

  it('counts among the containers that the action may have', async () => {
    const bench = await open(
      {
        ...ahead,
        keepAlive: () => ({ suspendAfterMs: 1_000, destroyAfterMs: 0, prewarm: { afterMs: 500, keepMs: 10 } }),
      },
      {},
    )
    await bench.run({ maxContainers: 1 })
    await bench.clock.advance(5_000)
    expect(bench.specs).toHaveLength(1)
  })
})

describe('what a policy is told', () => {
  it('each job that comes, what a new container took, and who makes room', async () => {
    const told: string[] = []
    const bench = await open(
      {
        ...fixed,
        arrived: ({ key, nowMs }) => void told.push(`${key} at ${nowMs}`),
        initialised: ({ key, tookMs }) => void told.push(`${key} took ${tookMs}`),
        evicted: ({ key }) => void told.push(`${key} makes room`),
      },
      { memoryMb: 128 },
    )
    await bench.run({ key: 'a', initMs: 20, runMs: 10 })
    await bench.run({ key: 'b', initMs: 20, runMs: 10 })
    expect(told).toEqual(['a at 0', 'a took 120', 'b at 130', 'a makes room', 'b took 120'])
  })

  it('its worth decides who makes room; of equal worth the least recently used', async () => {
    const worth: Record<string, number> = { dear: 2, cheap: 1, old: 1 }
    const bench = await open({ ...fixed, worth: ({ key }) => worth[key!] ?? 3 }, { memoryMb: 384 })
    for (const key of ['dear', 'old', 'cheap', 'new']) await bench.run({ key })
    expect((await bench.run({ key: 'cheap' })).how).toBe('hot')
    expect((await bench.run({ key: 'dear' })).how).toBe('hot')
    expect((await bench.run({ key: 'old' })).how).toBe('cold no-container')
  })
})
