import { describe, expect, it } from 'vitest'
import { fixedPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { PoolBench } from '../fakes/pool-bench.ts'
import type { ScriptedJob } from '../fakes/scripted-job.ts'

const hows = (jobs: readonly ScriptedJob[]): (string | undefined)[] => jobs.map(({ how }) => how)

/** A pool that knows how long a run of the action takes. */
async function experienced(runMs: number): Promise<PoolBench> {
  const bench = await new PoolBench({ memoryMb: 1024 }).open()
  for (let runs = 0; runs < 3; runs++) await bench.run({ runMs })
  return bench
}

describe('a job that finds the containers of its action busy', () => {
  it('waits for one when its turn comes before another were ready', async () => {
    const bench = await experienced(20)
    const jobs = [1, 2, 3].map(() => bench.submit({ runMs: 20 }))
    expect(bench.pool.gauges).toMatchObject({ starting: 0, waiting: 2 })
    await bench.untilEnded(...jobs)
    expect(hows(jobs)).toEqual(['hot', 'hot', 'hot'])
    expect(bench.specs).toHaveLength(1)
  })

  it('has one made when the wait would be longer than that', async () => {
    const bench = await experienced(500)
    const jobs = [1, 2].map(() => bench.submit({ runMs: 500 }))
    await bench.untilEnded(...jobs)
    expect(hows(jobs)).toEqual(['hot', 'cold all-busy'])
  })

  it('has one made when too many are waiting already', async () => {
    const bench = await experienced(40)
    const jobs = [1, 2, 3, 4].map(() => bench.submit({ runMs: 40 }))
    expect(bench.pool.gauges).toMatchObject({ starting: 1, waiting: 2 })
    await bench.untilEnded(...jobs)
  })

  it('waits no longer than making one would have taken', async () => {
    const bench = await experienced(20)
    const slow = bench.submit({ runMs: 5_000 })
    const job = await bench.run({ runMs: 20 })
    expect(job.how).toBe('cold all-busy')
    expect(slow.ended).toBe(false)
  })

  it('has one made at once when the one it waits for goes', async () => {
    const bench = await experienced(60)
    bench.submit({ runMs: 60, verdict: 'damaged' })
    const job = bench.submit({ runMs: 60 })
    await bench.clock.advance(65)
    expect(job.how).toBe('cold no-container')
    await bench.untilEnded(job)
  })

  it('is ended when the pool is closed', async () => {
    const bench = await experienced(20)
    const jobs = [1, 2].map(() => bench.submit({ runMs: 20 }))
    const closed = bench.pool.close()
    await bench.clock.advance(100)
    await closed
    expect(jobs[1]!.ends).toEqual(['closing'])
    expect(bench.clock.nextDueMs).toBeUndefined()
  })
})

describe('jobs that wait for a busy container', () => {
  it('do not starve one that waits for room', async () => {
    const bench = await new PoolBench({ memoryMb: 128 }).open()
    for (let runs = 0; runs < 3; runs++) await bench.run({ key: 'busy', namespace: 'busy', runMs: 20 })
    let stream = [1, 2].map(() => bench.submit({ key: 'busy', namespace: 'busy', runMs: 20 }))
    const other = bench.submit({ key: 'other', namespace: 'other', runMs: 20 })
    for (let rounds = 0; !other.ended && rounds < 1_000; rounds++) {
      stream = stream.map((job) => (job.ended ? bench.submit({ key: 'busy', namespace: 'busy', runMs: 20 }) : job))
      await bench.clock.advance(5)
    }
    expect(other.ends).toEqual(['kept'])
    await bench.untilEnded(...stream)
  })
})

describe('32 callers of an action that nobody called before', () => {
  /** Containers that are made while they call for two seconds, and how long the last first call waits for its own, ms. */
  async function called(runMs: number): Promise<{ readonly containers: number; readonly longestWaitMs: number }> {
    const stemCells = [{ initialCount: 2, memory: '128 MB' }]
    const bench = await new PoolBench({ memoryMb: 8192, maxParallelStarts: 4, stemCells }).open()
    await bench.clock.advance(150)
    const began = bench.clock.monotonic()
    const call = (): ScriptedJob => bench.submit({ kind: 'nodejs:20', initMs: 5, runMs })
    let calls = Array.from({ length: 32 }, call)
    const first = [...calls]
    let longestWaitMs = 0
    for (let now = began; now < began + 2_000; now = bench.clock.monotonic()) {
      await bench.clock.advance(1)
      if (first.some(({ containers }) => containers.length === 0)) longestWaitMs = now - began
      calls = calls.map((job) => (job.ended ? call() : job))
    }
    await bench.untilEnded(...calls)
    return { containers: bench.specs.length, longestWaitMs }
  }

  it('have few made when its runs are short: those that are begun before the first result tells', async () => {
    const { containers } = await called(1)
    // The stem cells, as many in their place, and as many as are begun at once.
    expect(containers).toBeLessThanOrEqual(2 + 2 + 4)
  })

  it('have one each as quickly as they can be made when its runs are long', async () => {
    const { containers, longestWaitMs } = await called(5_000)
    expect(containers).toBeGreaterThanOrEqual(32)
    // All but the two that are there take 100 ms, four at once.
    expect(longestWaitMs).toBeLessThanOrEqual(900)
  })
})

describe('a job for which a stem cell is starting', () => {
  it('waits for it rather than for a container that would be begun now', async () => {
    const bench = await new PoolBench({ stemCells: [{ initialCount: 1, memory: '128 MB' }] }).open()
    await bench.clock.advance(50)
    const job = await bench.run({ kind: 'nodejs:20' })
    expect(job.how).toBe('stemcell')
  })

  it('has a container made when the stem cell does not come', async () => {
    let starts = 0
    const bench = await new PoolBench({
      stemCells: [{ initialCount: 1, memory: '128 MB' }],
      behaviour: { create: () => ({ delayMs: starts++ === 0 ? 100_000 : 100 }) },
    }).open()
    const job = await bench.run({ kind: 'nodejs:20' })
    expect(job.how).toBe('cold no-container')
  })
})

describe('how long the fixed policy lets a job wait for a warm container', () => {
  const policy = fixedPolicy({ pauseGraceMs: 0, idleTimeoutMs: 0 })

  it.each([
    [{ runMs: 10, ahead: 0, slots: 1, startMs: 100 }, 150],
    [{ runMs: 10, ahead: 9, slots: 1, startMs: 100 }, 0],
    [{ runMs: 10, ahead: 9, slots: 2, startMs: 100 }, 150],
    [{ runMs: 100, ahead: 0, slots: 1, startMs: 100 }, 0],
  ])('for %j is %i ms', (demand, ms) => expect(policy.reuseWait(demand)).toBe(ms))
})
