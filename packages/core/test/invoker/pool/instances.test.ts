import { describe, expect, it } from 'vitest'
import { PoolBench } from '../fakes/pool-bench.ts'

const ONE = { maxContainers: 1 }

describe('an action with a limit of instances', () => {
  it('has no more containers than that, however much room there is', async () => {
    const bench = await new PoolBench({ memoryMb: 4_096 }).open()
    const jobs = Array.from({ length: 9 }, () => bench.submit({ maxContainers: 2, runMs: 1_000 }))
    await bench.clock.advance(500)
    expect(bench.specs).toHaveLength(2)
    expect(bench.pool.gauges).toMatchObject({ busy: 2, waiting: 7 })
    await bench.untilEnded(...jobs)
    expect(bench.specs).toHaveLength(2)
    expect(bench.pool.gauges).toMatchObject({ idle: 2, waiting: 0 })
  })

  it('uses the room inside them first', async () => {
    const bench = await new PoolBench({ memoryMb: 4_096 }).open()
    const jobs = Array.from({ length: 5 }, () => bench.submit({ ...ONE, maxConcurrent: 3, runMs: 1_000 }))
    await bench.clock.advance(500)
    expect(bench.pool.gauges).toMatchObject({ busy: 1, waiting: 2 })
    await bench.untilEnded(...jobs)
    expect(bench.specs).toHaveLength(1)
  })

  it('serves its jobs in the order they came', async () => {
    const bench = await new PoolBench().open()
    const order: number[] = []
    const jobs = [0, 1, 2, 3].map((index) => {
      const job = bench.submit({ ...ONE, runMs: 100 })
      const execute = job.execute.bind(job)
      job.execute = (...call) => {
        order.push(index)
        execute(...call)
      }
      return job
    })
    await bench.untilEnded(...jobs)
    expect(order).toEqual([0, 1, 2, 3])
  })

  it('does not hold up others', async () => {
    const bench = await new PoolBench({ memoryMb: 256 }).open()
    bench.submit({ ...ONE, key: 'limited', runMs: 60_000 })
    for (let count = 0; count < 50; count++) bench.submit({ ...ONE, key: 'limited' })
    const other = await bench.run({ key: 'other' })
    expect(other.ends).toEqual(['kept'])
    expect(bench.clock.monotonic()).toBeLessThan(1_000)
  })

  it.each(['damaged', 'refused'] as const)(
    'gets another container when one is %s, once that is gone',
    async (verdict) => {
      const bench = await new PoolBench({ memoryMb: 4_096 }).open()
      const create = bench.factory.create.bind(bench.factory)
      bench.factory.create = async (...call) => {
        const container = await create(...call)
        const destroy = container.destroy.bind(container)
        container.destroy = async () => {
          await bench.clock.sleep(5_000)
          await destroy()
        }
        return container
      }
      const first = bench.submit({ ...ONE, runMs: 100, verdict: verdict === 'damaged' ? 'damaged' : 'kept' })
      if (verdict === 'refused') {
        const execute = first.execute.bind(first)
        let offers = 0
        first.execute = (...call) => (offers++ === 0 ? queueMicrotask(() => call[2]('refused')) : execute(...call))
      }
      const second = bench.submit({ ...ONE, runMs: 100 })
      await bench.clock.advance(4_000)
      expect(bench.specs).toHaveLength(1)
      await bench.untilEnded(first, second)
      expect(bench.specs).toHaveLength(2)
    },
  )

  it('takes no stem cell beyond it', async () => {
    const bench = await new PoolBench({
      memoryMb: 4_096,
      stemCells: [{ initialCount: 3, memory: '128 MB' }],
    }).open()
    await bench.clock.advance(1_000)
    const jobs = [1, 2, 3].map(() => bench.submit({ ...ONE, kind: 'nodejs:20', runMs: 1_000 }))
    await bench.clock.advance(500)
    expect(bench.pool.gauges).toMatchObject({ busy: 1, waiting: 2 })
    await bench.untilEnded(...jobs)
    expect(jobs.map(({ how }) => how)).toEqual(['stemcell', 'hot', 'hot'])
  })

  it('gives jobs that wait for a stem cell to the one container', async () => {
    const bench = await new PoolBench({
      memoryMb: 4_096,
      stemCells: [{ initialCount: 3, memory: '128 MB' }],
    }).open()
    // The stem cells are starting, and both jobs wait for one.
    const jobs = [1, 2, 3].map(() => bench.submit({ ...ONE, kind: 'nodejs:20', runMs: 1_000 }))
    await bench.untilEnded(...jobs)
    expect(jobs.map(({ containers }) => containers[0])).toEqual(Array(3).fill(jobs[0]!.containers[0]))
  })

  it('grows to it while its jobs wait for room', async () => {
    const bench = await new PoolBench({ memoryMb: 256 }).open()
    const blocker = bench.submit({ key: 'blocker', runMs: 1_000 })
    const jobs = Array.from({ length: 6 }, () => bench.submit({ maxContainers: 2, runMs: 3_000 }))
    await bench.untilEnded(blocker)
    await bench.clock.advance(1_000)
    expect(bench.pool.gauges).toMatchObject({ busy: 2, waiting: 4 })
    await bench.untilEnded(...jobs)
  })

  it('whose jobs wait is ended when the pool is closed', async () => {
    const bench = await new PoolBench().open()
    bench.submit({ ...ONE, runMs: 1_000 })
    const waiting = bench.submit(ONE)
    await bench.clock.advance(200)
    void bench.pool.close()
    expect(waiting.ends).toEqual(['closing'])
    await bench.clock.advance(5_000)
    expect(bench.pool.gauges).toMatchObject({ usedMb: 0, waiting: 0 })
  })
})
