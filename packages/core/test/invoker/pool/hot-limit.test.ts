import { describe, expect, it } from 'vitest'
import { HotLimit } from '../../../src/invoker/pool/hot-limit.ts'
import { PoolBench } from '../fakes/pool-bench.ts'

/** Runs of an action of which up to `callers` are wanted at once; `runMs` is what each takes while so many are at work. */
function settled(limit: HotLimit, callers: number, runMs: (busy: number) => number): number {
  let busy = 1
  for (let run = 0; run < 3000; run++) {
    limit.ran(runMs(busy), busy)
    busy = 1
    while (busy < callers && limit.waitMs(busy, 0) === 0) busy++
  }
  return busy
}

const onTwoProcessors =
  (cpuMs: number) =>
  (busy: number): number =>
    (Math.max(2, busy) / 2) * cpuMs

describe('the limit of hot containers', () => {
  it('is low where runs take their time from each other', () => {
    const busy = settled(new HotLimit(), 32, onTwoProcessors(0.1))
    expect(busy).toBeGreaterThanOrEqual(3)
    expect(busy).toBeLessThanOrEqual(8)
  })

  it('is not there where runs wait for something else', () => {
    expect(settled(new HotLimit(), 32, () => 1.5)).toBe(32)
  })

  it('is not there where runs are long', () => {
    expect(settled(new HotLimit(), 32, onTwoProcessors(5))).toBe(32)
  })

  it('goes again when runs no longer take their time from each other', () => {
    const limit = new HotLimit()
    settled(limit, 32, onTwoProcessors(0.1))
    expect(settled(limit, 32, () => 0.9)).toBe(32)
  })

  it('lets nobody wait behind more than can be served within ten milliseconds', () => {
    const limit = new HotLimit()
    const busy = settled(limit, 32, onTwoProcessors(0.1))
    expect(limit.waitMs(busy, 0)).toBeGreaterThan(5)
    expect(limit.waitMs(busy, 10_000)).toBe(0)
  })

  it('is forgotten when a job has waited in vain', () => {
    const limit = new HotLimit()
    const busy = settled(limit, 32, onTwoProcessors(0.1))
    limit.missed()
    expect(limit.waitMs(busy, 0)).toBe(0)
  })
})

describe('a pool whose action has short runs that are in each other’s way', () => {
  /** Sixteen hot containers, which take ten times as long when all of them are at work. */
  async function crowded(): Promise<PoolBench> {
    const bench = await new PoolBench({ memoryMb: 4096 }).open()
    const all = (runMs: number) => Array.from({ length: 16 }, () => bench.submit({ runMs }))
    await bench.untilEnded(...all(200))
    for (let runs = 0; runs < 5; runs++) await bench.run({ runMs: 0.1 })
    for (let rounds = 0; rounds < 10; rounds++) await bench.untilEnded(...all(1))
    return bench
  }

  it('keeps few of its containers busy, and the others wait for these', async () => {
    const bench = await crowded()
    const made = bench.specs.length
    const jobs = Array.from({ length: 16 }, () => bench.submit({ runMs: 0.2 }))
    const { busy, waiting } = bench.pool.gauges
    expect(busy).toBeLessThan(10)
    expect(busy + waiting).toBe(16)
    await bench.untilEnded(...jobs)
    expect(new Set(jobs.map(({ how }) => how))).toEqual(new Set(['hot']))
    expect(bench.specs).toHaveLength(made)
  })

  it('gives a job that waits in vain one of the idle ones', async () => {
    const bench = await crowded()
    const made = bench.specs.length
    const slow = Array.from({ length: 9 }, () => bench.submit({ runMs: 5000 }))
    const job = bench.submit({ runMs: 0.1 })
    expect(bench.pool.gauges.waiting).toBeGreaterThan(0)
    await bench.untilEnded(job)
    expect(job.how).toBe('hot')
    expect(bench.specs).toHaveLength(made)
    expect(slow.every(({ ended }) => !ended)).toBe(true)
    expect(bench.pool.gauges.waiting).toBe(0)
    await bench.untilEnded(...slow)
  })
})
