import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Job } from '../../../src/invoker/parts/job.ts'
import type { PoolBench } from '../fakes/pool-bench.ts'
import { PoolWorld, type PoolWorldOptions, type PoolWorldReport } from '../fakes/pool-world.ts'

const EVENTS = Number(process.env['STEMCELL_EVENTS'] ?? 1_000_000)
const SEED = Number(process.env['STEMCELL_SEED'] ?? 20_240_501)

const world: Omit<PoolWorldOptions, 'seed' | 'events'> = { memoryMb: 2_048, cpu: 3, maxStarts: 3 }

async function simulate(events: number, seed: number, sabotage?: (bench: PoolBench) => void): Promise<PoolWorldReport> {
  try {
    const pool = new PoolWorld({ ...world, events, seed })
    sabotage?.(pool.bench)
    return await pool.run()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${message}; replay: npm run simulate -- --events ${events} --seed ${seed}`, { cause })
  }
}

describe('a simulated pool', () => {
  it(`keeps its promises over ${EVENTS} random events`, { timeout: Math.max(120_000, EVENTS / 5) }, async () => {
    const report = await simulate(EVENTS, SEED)
    if (process.env['STEMCELL_SIMULATION_REPORT']) process.stdout.write(`${inspect(report)}\n`)
    expect(report.gauges).toMatchObject({
      usedMb: 0,
      leavingMb: 0,
      busy: 0,
      idle: 0,
      idleMb: 0,
      stemCells: 0,
      starting: 0,
      waiting: 0,
    })
    expect(Object.values(report.ends).reduce((sum, count) => sum + count, 0)).toBe(report.jobs)
    expect(report.peakMb).toBeLessThanOrEqual(world.memoryMb)
    expect(report.peakMilliCpu).toBeLessThanOrEqual(world.cpu * 1_000)
    expect(report.peakStarts).toBeLessThanOrEqual(world.maxStarts)
  })

  it('reaches its limits, and every way of getting a container and of losing one', { timeout: 60_000 }, async () => {
    const report = await simulate(50_000, SEED)
    expect(Object.keys(report.ends).sort()).toEqual(['brief', 'damaged', 'kept', 'start-failed', 'stuck', 'withdrawn'])
    expect(Object.keys(report.acquired).sort()).toEqual([
      'cold all-busy',
      'cold no-container',
      'cold replacement',
      'hot',
      'hot behind',
      'hot joined',
      'none',
      'resumed',
      'stemcell',
    ])
    expect(report.peakMb).toBe(world.memoryMb)
    expect(report.peakMilliCpu).toBe(world.cpu * 1_000)
    expect(report.peakStarts).toBe(world.maxStarts)
  })

  it('keeps its promises when containers are made ahead', { timeout: 60_000 }, async () => {
    const report = await new PoolWorld({ ...world, events: 100_000, seed: SEED, prewarms: true }).run()
    expect(report.prewarmed).toBeGreaterThan(100)
    expect(report.gauges).toMatchObject({ usedMb: 0, leavingMb: 0, busy: 0, idle: 0, idleMb: 0, waiting: 0 })
    expect(Object.values(report.ends).reduce((sum, count) => sum + count, 0)).toBe(report.jobs)
  })

  it('gives equal runs for equal seeds and others for others', { timeout: 60_000 }, async () => {
    const first = await simulate(20_000, SEED)
    expect(await simulate(20_000, SEED)).toEqual(first)
    expect((await simulate(20_000, SEED + 1)).fingerprint).not.toBe(first.fingerprint)
  })

  it.each([
    ['runs a job twice', /ended twice/, (job: Job, submit: (job: Job) => void) => [submit(job), submit(job)]],
    [
      'forgets a job',
      /jobs? never ends?/,
      (job: Job, submit: (job: Job) => void) => job.namespace !== 'ns3' && submit(job),
    ],
    [
      'shares containers between namespaces',
      /was given to/,
      (job: Job, submit: (job: Job) => void) => submit(Object.assign(job, { key: 'shared' })),
    ],
    [
      'gives an action more containers than it may have',
      /has \d+ containers, not \d+/,
      (job: Job, submit: (job: Job) => void) => {
        const allowed = job.maxContainers
        // The pool reads it, the check reads it last.
        const reads = { get: () => (new Error().stack?.includes('pool-world') ? allowed : Infinity) }
        submit(Object.defineProperty(job, 'maxContainers', reads))
      },
    ],
    [
      'books less memory than containers take',
      /memory: \d+ MB exist/,
      (job: Job, submit: (job: Job) => void) => {
        const spec = job.spec()
        submit(Object.assign(job, { need: { ...job.need, memoryMb: 64 }, spec: () => spec }))
      },
    ],
  ])('bites when a pool %s, and says how to see it again', { timeout: 60_000 }, async (_, complaint, corrupt) => {
    const broken = simulate(20_000, SEED, ({ pool }) => {
      const submit = pool.submit.bind(pool)
      pool.submit = (job) => void corrupt(job, submit)
    })
    await expect(broken).rejects.toThrow(complaint)
    await expect(broken).rejects.toThrow(`replay: npm run simulate -- --events 20000 --seed ${SEED}`)
  })
})
