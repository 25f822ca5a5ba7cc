import { describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import { PoolBench } from '../fakes/pool-bench.ts'

describe('the order of decisions', () => {
  it('starts a container cold when there is none, and uses it hot afterwards', async () => {
    const bench = await new PoolBench().open()
    const first = await bench.run()
    const second = await bench.run()
    expect([first.how, second.how]).toEqual(['cold no-container', 'hot'])
    expect(second.containers).toEqual(first.containers)
  })

  it('prefers a hot container to a suspended one', async () => {
    const bench = await new PoolBench().open()
    await bench.untilEnded(bench.submit({ runMs: 500 }), bench.submit({ runMs: 500 }))
    await bench.clock.advance(9_000)
    const kept = await bench.run()
    await bench.clock.advance(5_000)
    const next = await bench.run()
    expect(next.how).toBe('hot')
    expect(next.containers).toEqual(kept.containers)
  })

  it('resumes a suspended container before it makes another', async () => {
    const bench = await new PoolBench({ behaviour: { resume: () => ({ delayMs: 20 }) } }).open()
    const first = await bench.run()
    await bench.clock.advance(20_000)
    const second = await bench.run()
    expect(second.how).toBe('resumed')
    expect(second.containers).toEqual(first.containers)
  })

  it('says that all were busy when it starts another container of an action', async () => {
    const bench = await new PoolBench().open()
    bench.submit({ runMs: 1_000 })
    expect((await bench.run()).how).toBe('cold all-busy')
  })

  it('prefers a stem cell of the kind and memory to a cold start', async () => {
    const bench = await new PoolBench({ stemCells: [{ initialCount: 1, memory: '128 MB' }] }).open()
    await bench.clock.advance(200)
    expect((await bench.run({ kind: 'nodejs:20', key: 'a' })).how).toBe('stemcell')
  })

  it.each([
    ['another kind', { kind: 'python:3' }],
    ['another memory', { kind: 'nodejs:20', memoryMb: 256 }],
  ])('leaves a stem cell alone that is of %s', async (_what, script) => {
    const bench = await new PoolBench({ stemCells: [{ initialCount: 1, memory: '128 MB' }] }).open()
    await bench.clock.advance(200)
    expect((await bench.run(script)).how).toBe('cold no-container')
    expect(bench.pool.gauges.stemCells).toBe(1)
  })

  it('never gives a container to a job of another key', async () => {
    const bench = await new PoolBench().open()
    const first = await bench.run({ key: 'ns/a r1' })
    const second = await bench.run({ key: 'ns/a r2' })
    expect(second.how).toBe('cold no-container')
    expect(second.containers).not.toEqual(first.containers)
  })

  it('lets as many jobs into a container as it takes at once', async () => {
    const bench = await new PoolBench().open()
    const jobs = [1, 2, 3, 4].map(() => bench.submit({ maxConcurrent: 3, runMs: 50 }))
    await bench.untilEnded(...jobs)
    expect(jobs.map(({ how }) => how)).toEqual(['cold no-container', 'hot joined', 'hot joined', 'cold all-busy'])
    expect(bench.specs).toHaveLength(2)
  })
})

describe('making room', () => {
  it('evicts the container that was idle for longest', async () => {
    const bench = await new PoolBench({ memoryMb: 384 }).open()
    for (const key of ['a', 'b', 'c', 'a']) await bench.run({ key })
    await bench.run({ key: 'd' })
    const kept = []
    for (const key of ['a', 'c']) kept.push((await bench.run({ key })).how)
    expect(kept).toEqual(['hot', 'hot'])
    expect((await bench.run({ key: 'b' })).how).toBe('cold no-container')
  })

  it('evicts no more than the shortfall', async () => {
    const bench = await new PoolBench({ memoryMb: 640 }).open()
    for (const key of ['a', 'b', 'c', 'd']) await bench.run({ key })
    await bench.run({ key: 'big', memoryMb: 256 })
    expect(bench.pool.gauges).toMatchObject({ idle: 4, usedMb: 640 })
  })

  it('evicts nothing when that would not be enough', async () => {
    const bench = await new PoolBench({ memoryMb: 512 }).open()
    await bench.run({ key: 'small' })
    const busy = bench.submit({ key: 'busy', memoryMb: 384, runMs: 1_000 })
    await bench.clock.advance(200)
    const big = bench.submit({ key: 'big', memoryMb: 512 })
    expect(bench.pool.gauges).toMatchObject({ idle: 1, leavingMb: 0, waiting: 1 })
    await bench.untilEnded(busy, big)
    expect(big.ends).toEqual(['kept'])
  })

  it('counts the memory of a container until it is really gone', async () => {
    let release = (): void => undefined
    const bench = await new PoolBench({ memoryMb: 128 }).open()
    const slow = bench.factory.create.bind(bench.factory)
    bench.factory.create = async (spec, options) => {
      const container = await slow(spec, options)
      const destroy = container.destroy.bind(container)
      container.destroy = () => new Promise((resolve) => (release = () => resolve(destroy())))
      return container
    }
    await bench.run({ key: 'a' })
    const next = bench.submit({ key: 'b' })
    await bench.clock.advance(5_000)
    expect(bench.pool.gauges).toMatchObject({ usedMb: 128, leavingMb: 128, waiting: 1 })
    expect(next.how).toBeUndefined()
    release()
    await bench.untilEnded(next)
    expect(next.how).toBe('cold no-container')
  })

  it('reclaims stem cells when idle containers are not enough', async () => {
    const bench = await new PoolBench({ memoryMb: 256, stemCells: [{ initialCount: 2, memory: '128 MB' }] }).open()
    await bench.clock.advance(1_000)
    expect(bench.pool.gauges.stemCells).toBe(2)
    expect((await bench.run({ key: 'big', memoryMb: 256 })).ends).toEqual(['kept'])
  })

  it('refuses a job that the whole pool could not hold', async () => {
    const bench = await new PoolBench({ memoryMb: 256 }).open()
    expect(bench.submit({ memoryMb: 512 }).ends).toEqual(['never-fits'])
  })

  it('accounts CPU like memory when it is told how much there is', async () => {
    const bench = await new PoolBench({ memoryMb: 10_000, cpu: 1 }).open()
    const jobs = ['a', 'b', 'c'].map((key) => bench.submit({ key, cpu: 0.5, runMs: 1_000 }))
    await bench.clock.advance(500)
    expect(jobs.map(({ how }) => how)).toEqual(['cold no-container', 'cold no-container', undefined])
    await bench.untilEnded(...jobs)
    expect(jobs[2]!.ends).toEqual(['kept'])
  })

  it('starts no more containers at once than allowed', async () => {
    const bench = await new PoolBench({ memoryMb: 10_000, maxParallelStarts: 2 }).open()
    for (const key of ['a', 'b', 'c']) bench.submit({ key })
    await bench.clock.advance(50)
    expect(bench.pool.gauges).toMatchObject({ starting: 2, waiting: 1 })
  })

  it('lets a job that waits for a start have a container that frees earlier', async () => {
    const bench = await new PoolBench({ memoryMb: 10_000, maxParallelStarts: 1 }).open()
    const jobs = [1, 2, 3].map(() => bench.submit({ runMs: 5 }))
    await bench.untilEnded(...jobs)
    expect(bench.specs.length).toBeLessThan(3)
  })
})

describe('waiting', () => {
  it('does not hold back a small job behind a large one', async () => {
    const bench = await new PoolBench({ memoryMb: 512 }).open()
    const busy = bench.submit({ key: 'busy', memoryMb: 256, runMs: 1_000 })
    const large = bench.submit({ key: 'large', memoryMb: 512 })
    const small = await bench.run({ key: 'small', memoryMb: 128 })
    expect([busy.ended, large.ended, small.ended]).toEqual([false, false, true])
  })

  it('does not let small jobs starve a large one', async () => {
    const bench = await new PoolBench({ memoryMb: 512 }).open()
    const smalls = ['a', 'b', 'c', 'd'].map((key) => bench.submit({ key, namespace: key, runMs: 100 }))
    await bench.clock.advance(120)
    const large = bench.submit({ key: 'large', memoryMb: 512, namespace: 'large' })
    // Each small job is followed by another one of its action at once: the containers are never idle.
    for (let served = 0; !large.ended && served < 500; served++) {
      for (const [index, job] of smalls.entries()) {
        if (job.ended) smalls[index] = bench.submit({ key: job.key, namespace: job.key, runMs: 100 })
      }
      await bench.clock.advance(10)
    }
    expect(large.ends).toEqual(['kept'])
    const before = bench.jobs.indexOf(large)
    expect(bench.jobs.slice(before).filter(({ ended }) => ended).length).toBeLessThan(40)
  })

  it('takes only as many containers out of use for a large job as it needs', async () => {
    const bench = await new PoolBench({ memoryMb: 1024 }).open()
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    let running = keys.map((key) => bench.submit({ key, namespace: key, runMs: 100 }))
    await bench.clock.advance(120)
    const large = bench.submit({ key: 'large', memoryMb: 256, namespace: 'large', runMs: 10_000 })
    for (let rounds = 0; large.how === undefined && rounds < 1_000; rounds++) {
      running = running.map((job) => (job.ended ? bench.submit({ key: job.key, namespace: job.key, runMs: 100 }) : job))
      await bench.clock.advance(10)
    }
    await bench.clock.advance(300)
    expect(bench.pool.gauges.usedMb).toBe(1024)
    expect(bench.specs).toHaveLength(9)
  })

  it('gives turns to namespaces, not to backlogs', async () => {
    const bench = await new PoolBench({ memoryMb: 128 }).open()
    const flood = Array.from({ length: 50 }, (_, index) => bench.submit({ key: `flood${index}`, namespace: 'flood' }))
    const polite = bench.submit({ key: 'polite', namespace: 'polite' })
    await bench.untilEnded(polite)
    expect(flood.filter(({ ended }) => ended).length).toBeLessThanOrEqual(3)
    await bench.untilEnded(...flood)
  })
})

describe('what goes wrong', () => {
  it('ends the job whose container could not be made, and only that one', async () => {
    let starts = 0
    const failure = new PlatformError('ERR_START_FAILED', 'no')
    const bench = await new PoolBench({
      behaviour: { create: () => (starts++ === 0 ? { delayMs: 10, failure } : { delayMs: 10 }) },
    }).open()
    const [first, joined] = [bench.submit({ maxConcurrent: 2 }), bench.submit({ maxConcurrent: 2 })]
    await bench.untilEnded(first, joined)
    expect([first.ends, joined.ends]).toEqual([['start-failed'], ['kept']])
    expect(bench.pool.gauges).toMatchObject({ usedMb: 128, starting: 0 })
  })

  it('gives the jobs that joined a container back when its initialisation fails', async () => {
    const bench = await new PoolBench().open()
    const first = bench.submit({ maxConcurrent: 2, initMs: 50, initVerdict: 'damaged' })
    const joined = bench.submit({ maxConcurrent: 2 })
    await bench.untilEnded(first, joined)
    expect(joined.ends).toEqual(['kept'])
    expect(joined.how).toBe('cold replacement')
  })

  it('removes a damaged container once the other jobs in it have ended', async () => {
    const bench = await new PoolBench().open()
    await bench.run({ maxConcurrent: 2 })
    const long = bench.submit({ maxConcurrent: 2, runMs: 500 })
    const bad = bench.submit({ maxConcurrent: 2, verdict: 'damaged' })
    await bench.untilEnded(bad)
    const next = bench.submit({ maxConcurrent: 2 })
    expect(next.how).toBe('cold no-container')
    await bench.untilEnded(long, next)
    expect(long.ends).toEqual(['kept'])
    expect(bench.pool.gauges).toMatchObject({ usedMb: 128, idle: 1 })
  })

  it('forgets an idle container that ended by itself at once', async () => {
    let starts = 0
    const bench = await new PoolBench({
      behaviour: { create: () => (starts++ === 0 ? { exit: { reason: 'exited', afterMs: 1_000 } } : {}) },
    }).open()
    await bench.run()
    await bench.clock.advance(1_000)
    expect(bench.pool.gauges).toMatchObject({ usedMb: 0, idle: 0 })
    expect((await bench.run()).how).toBe('cold no-container')
  })

  it('gives a job to another container when its own cannot be resumed', async () => {
    const failure = new PlatformError('ERR_UNAVAILABLE', 'no')
    const bench = await new PoolBench({ behaviour: { resume: () => ({ delayMs: 10, failure }) } }).open()
    await bench.run()
    await bench.clock.advance(20_000)
    const job = await bench.run()
    expect(job.acquisitions).toEqual([{ how: 'resumed' }, { how: 'cold', reason: 'replacement' }])
    expect(job.ends).toEqual(['kept'])
  })

  it.each(['suspend', 'resume'] as const)('gives up a container that hangs in %s', async (step) => {
    const bench = await new PoolBench({ behaviour: { [step]: () => ({ delayMs: 1_000_000 }) } }).open()
    await bench.run()
    await bench.clock.advance(10_500)
    const job = bench.submit()
    await bench.clock.advance(10_000)
    await bench.untilEnded(job)
    expect(job.how).toBe('cold replacement')
    expect(bench.pool.gauges.usedMb).toBe(128)
  })

  it('offers a refused job to another container', async () => {
    const bench = await new PoolBench().open()
    const job = bench.submit({ initVerdict: 'refused' })
    await bench.clock.advance(150)
    expect(job.acquisitions.length).toBeGreaterThan(1)
    expect(new Set(job.containers).size).toBe(job.containers.length)
  })
})

describe('time', () => {
  it('suspends an idle container after the grace and destroys it after the idle time', async () => {
    const states: string[] = []
    const behaviour = {
      suspend: () => {
        states.push('suspended')
        return {}
      },
    }
    const bench = await new PoolBench({ behaviour }).open()
    await bench.run()
    await bench.clock.advance(9_900)
    expect(states).toEqual([])
    await bench.clock.advance(200)
    expect(states).toEqual(['suspended'])
    await bench.clock.advance(59_000)
    expect(bench.pool.gauges.usedMb).toBe(128)
    await bench.clock.advance(1_500)
    expect(bench.pool.gauges.usedMb).toBe(0)
  })

  it('destroys an idle container after both times where nothing can be suspended', async () => {
    const bench = await new PoolBench({ suspend: false }).open()
    await bench.run()
    await bench.clock.advance(69_000)
    expect(bench.pool.gauges.idle).toBe(1)
    await bench.clock.advance(1_500)
    expect(bench.pool.gauges).toMatchObject({ idle: 0, usedMb: 0 })
  })

  it('leaves no timer behind when it is closed', async () => {
    const bench = await new PoolBench({ stemCells: [{ initialCount: 1, memory: '128 MB' }] }).open()
    await bench.run({ key: 'a' })
    const [running, waiting] = [bench.submit({ key: 'b', memoryMb: 256 }), bench.submit({ key: 'c', memoryMb: 512 })]
    await bench.pool.close()
    expect(waiting.ends).toEqual(['closing'])
    expect(bench.pool.gauges).toMatchObject({ usedMb: 0, busy: 0, idle: 0, stemCells: 0, waiting: 0, starting: 0 })
    expect(running.ends).toEqual(['closing'])
    expect(bench.clock.nextDueMs).toBeUndefined()
  })
})
