import { describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import { PoolBench } from '../fakes/pool-bench.ts'

const plain = [{ initialCount: 2, memory: '128 MB' }]
const reactive = [
  {
    initialCount: 1,
    memory: '128 MB',
    reactive: { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 2, increment: 1 },
  },
]

describe('stem cells', () => {
  it('are made at the start, as many as planned, in containers of no action', async () => {
    const bench = await new PoolBench({ memoryMb: 1024, stemCells: plain }).open()
    await bench.clock.advance(200)
    expect(bench.pool.gauges).toMatchObject({ stemCells: 2, stemCellsMb: 256, usedMb: 256 })
    expect(bench.specs.map(({ image, labels }) => ({ image, labels }))).toEqual([
      { image: 'node', labels: {} },
      { image: 'node', labels: {} },
    ])
  })

  it('do not hold the start up, nor a job that comes with it', async () => {
    const bench = await new PoolBench({ memoryMb: 1024, stemCells: plain }).open()
    expect(bench.pool.gauges.starting).toBe(0)
    const job = bench.submit({ kind: 'nodejs:20' })
    expect(bench.pool.gauges).toMatchObject({ starting: 1, waiting: 0 })
    await bench.untilEnded(job)
    expect(job.how).toBe('cold no-container')
    await bench.clock.advance(200)
    expect(bench.pool.gauges.stemCells).toBe(2)
  })

  it('are replaced once the job that took them is under way', async () => {
    const bench = await new PoolBench({ memoryMb: 1024, stemCells: plain }).open()
    await bench.clock.advance(200)
    const job = bench.submit({ kind: 'nodejs:20', runMs: 1_000 })
    expect(job.how).toBe('stemcell')
    expect(bench.pool.gauges).toMatchObject({ stemCells: 1, starting: 0 })
    await bench.clock.advance(50)
    expect(bench.pool.gauges).toMatchObject({ stemCells: 1, starting: 1 })
    await bench.clock.advance(150)
    expect(bench.pool.gauges.stemCells).toBe(2)
  })

  it('are never made by evicting or by taking what waiting jobs need', async () => {
    const bench = await new PoolBench({ memoryMb: 256, stemCells: plain }).open()
    await bench.clock.advance(200)
    for (const key of ['a', 'b']) await bench.run({ key, kind: 'nodejs:20' })
    await bench.clock.advance(5_000)
    expect(bench.pool.gauges).toMatchObject({ stemCells: 0, idle: 2 })
  })

  it('leave one start to jobs', async () => {
    const bench = await new PoolBench({
      memoryMb: 4096,
      maxParallelStarts: 3,
      stemCells: [{ initialCount: 9, memory: '128 MB' }],
    }).open()
    await bench.clock.advance(30)
    expect(bench.pool.gauges.starting).toBe(2)
    bench.submit()
    expect(bench.pool.gauges).toMatchObject({ starting: 3, waiting: 0 })
  })

  it('that cannot be made are tried again, ever more slowly', async () => {
    let broken = true
    const failure = new PlatformError('ERR_START_FAILED', 'no')
    const bench = await new PoolBench({
      stemCells: [{ initialCount: 1, memory: '128 MB' }],
      behaviour: { create: () => (broken ? { failure } : {}) },
    }).open()
    await bench.clock.advance(100)
    expect(bench.specs).toHaveLength(1)
    await bench.clock.advance(60_000)
    expect(bench.specs.length).toBeGreaterThan(4)
    expect(bench.specs.length).toBeLessThan(10)
    broken = false
    await bench.clock.advance(60_000)
    expect(bench.pool.gauges.stemCells).toBe(1)
  })

  it('that die young do not make the pool start containers without end', async () => {
    const bench = await new PoolBench({
      stemCells: [{ initialCount: 1, memory: '128 MB' }],
      behaviour: { create: () => ({ exit: { reason: 'exited', afterMs: 50 } }) },
    }).open()
    await bench.clock.advance(30_000)
    expect(bench.specs.length).toBeGreaterThan(3)
    expect(bench.specs.length).toBeLessThan(10)
  })

  it('grow in number when jobs of their kind had to start cold, and shrink again', async () => {
    const bench = await new PoolBench({ memoryMb: 4096, stemCells: reactive }).open()
    await bench.clock.advance(200)
    const jobs = Array.from({ length: 8 }, (_, index) => bench.submit({ key: `k${index}`, kind: 'nodejs:20' }))
    await bench.untilEnded(...jobs)
    await bench.clock.advance(61_000)
    expect(bench.pool.gauges.stemCells).toBe(3)
    await bench.clock.advance(300_000)
    expect(bench.pool.gauges.stemCells).toBe(1)
  })

  it('are told by plan: those that were missing when a job came, and those that nobody needed', async () => {
    const bench = await new PoolBench({ memoryMb: 4096, stemCells: reactive }).open()
    await bench.clock.advance(200)
    const plan = { kind: 'nodejs:20', memoryMb: 128 }
    expect(bench.pool.gauges.stemCellPlans).toEqual([{ ...plan, ready: 1, starting: 0, missed: 0, expired: 0 }])
    const jobs = Array.from({ length: 8 }, (_, index) => bench.submit({ key: `k${index}`, kind: 'nodejs:20' }))
    await bench.untilEnded(...jobs)
    const cold = jobs.filter(({ how }) => how?.startsWith('cold')).length
    expect(cold).toBeGreaterThan(0)
    expect(bench.pool.gauges.stemCellPlans).toMatchObject([{ ...plan, missed: cold, expired: 0 }])
    await bench.clock.advance(200_000)
    expect(bench.pool.gauges.stemCellPlans).toMatchObject([{ ...plan, missed: cold, expired: expect.any(Number) }])
    expect(bench.pool.gauges.stemCellPlans[0]!.expired).toBeGreaterThan(0)
  })

  it('that are ready serve a job that was waiting for room', async () => {
    const bench = await new PoolBench({ memoryMb: 256, stemCells: [{ initialCount: 1, memory: '128 MB' }] }).open()
    await bench.clock.advance(30)
    const busy = bench.submit({ key: 'busy', runMs: 10_000 })
    const job = bench.submit({ key: 'job', kind: 'nodejs:20' })
    expect(job.how).toBeUndefined()
    await bench.untilEnded(job)
    expect(job.how).toBe('stemcell')
    expect(busy.ended).toBe(false)
  })
})
