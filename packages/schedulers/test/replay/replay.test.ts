import { LeastLoadedBalancer, ShardingBalancer } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { createPolicy, type PolicyOptions } from '../../src/policies/policy-options.ts'
import { jain } from '../../src/replay/figures.ts'
import { replay } from '../../src/replay/replay.ts'
import { generateAzure2019 } from '../../src/trace/azure-2019-generator.ts'
import { aFunction, figuresWith, traceOf } from '../traces.ts'

const MINUTE = 60_000
const fixed: PolicyOptions = { policy: 'fixed', pauseGraceMs: 0, idleTimeoutMs: MINUTE }

describe('a replay', () => {
  it('counts cold starts, times and memory as one would by hand', async () => {
    const fn = aFunction('a')
    const at = [0, 10_000, 200_000]
    const figures = await figuresWith(fixed, traceOf(at.map((atMs) => ({ atMs, fn, runMs: 1_000 }))))
    // The second is warm; before the third the container is gone.
    expect(figures).toMatchObject({ invocations: 3, coldStarts: 2, containers: 2, refused: 0, failed: 0, waited: 0 })
    expect(figures.coldShare).toBeCloseTo(2 / 3)
    expect(figures.durationMs).toBe(201_500)
    expect(figures.latencyMs.p50 / 1_500).toBeCloseTo(1, 2)
    expect(figures.delayMs.mean).toBeCloseTo(1_000 / 3, 0)
    expect(figures.peakMb).toBe(1024)
    // Of 1 GB: 1.5 s, 1 s and 1.5 s in use; idle from 1.5 s to 10 s and for a minute from 11 s on.
    expect(figures.usedGbS).toBeCloseTo(4)
    expect(figures.wastedGbS).toBeCloseTo(68.5)
  })

  it('finds hot what a policy has made ahead, and saves the memory meanwhile', async () => {
    const fn = aFunction('half-hourly')
    const trace = traceOf(Array.from({ length: 60 }, (_, index) => ({ atMs: index * 30.5 * MINUTE, fn, runMs: 1_000 })))
    const kept = await figuresWith({ ...fixed, idleTimeoutMs: 10 * MINUTE }, trace)
    const learnt = await figuresWith({ policy: 'hybrid' }, trace)
    expect(kept.coldStarts).toBe(60)
    expect(learnt.coldStarts).toBe(1)
    const always = await figuresWith({ ...fixed, idleTimeoutMs: 60 * MINUTE }, trace)
    expect(always.coldStarts).toBe(1)
    expect(learnt.wastedGbS).toBeLessThan(always.wastedGbS / 2)
  })

  it('lets what is used often stay when room is short, with greedy-dual', async () => {
    const often = aFunction('often', { memoryMb: 128 })
    const popular = Array.from({ length: 10 }, (_, index) => ({ atMs: index * 1_000, fn: often, runMs: 100 }))
    const mixed = Array.from({ length: 400 }, (_, index) => ({
      atMs: 20_000 + index * 10_000,
      fn: index % 8 === 7 ? often : aFunction(`rare${index}`, { memoryMb: 128 }),
      runMs: 100,
    }))
    const trace = traceOf([...popular, ...mixed])
    // Four containers, and seven others come between two calls of it.
    const leastRecent = await figuresWith({ ...fixed, idleTimeoutMs: 100 * MINUTE }, trace, { memoryMb: 512 })
    const greedy = await figuresWith({ policy: 'greedy-dual' }, trace, { memoryMb: 512 })
    expect(leastRecent.coldStarts).toBe(401)
    expect(greedy.coldStarts).toBe(351)
  })

  it('loses no invocation, however little room there is', async () => {
    const trace = generateAzure2019({ invocations: 3_000, functions: 40, hours: 0.1 })
    for (const maxWaiting of [0, 10_000]) {
      const figures = await figuresWith(fixed, trace, { memoryMb: 2_048, maxWaiting })
      const { invocations, refused, failed, waited } = figures
      expect(invocations).toBe(3_000)
      expect(waited).toBeGreaterThan(0)
      expect(failed).toBe(0)
      expect(refused > 0).toBe(maxWaiting === 0)
    }
  })

  it('turns away what fits no invoker', async () => {
    const trace = traceOf([
      { atMs: 0, fn: aFunction('large', { memoryMb: 5_000 }), runMs: 1 },
      { atMs: 1, fn: aFunction('small'), runMs: 1 },
    ])
    expect(await figuresWith(fixed, trace, { memoryMb: 2_048 })).toMatchObject({
      refused: 1,
      coldStarts: 1,
      failed: 0,
      firstRefusal: expect.stringMatching(/^a call of \S+, \d+ MB, was refused: ./),
    })
  })

  it('is the same for the same seed', async () => {
    const options = {
      schedulers: [
        { name: 'least-loaded', create: () => new LeastLoadedBalancer() },
        { name: 'sharding', create: () => new ShardingBalancer() },
      ],
      policies: [{ name: 'hybrid', create: () => createPolicy({ policy: 'hybrid' }) }],
    }
    const first = await replay(generateAzure2019({ invocations: 5_000 }), options)
    expect(first.results.map(({ scheduler }) => scheduler)).toEqual(['least-loaded', 'sharding'])
    expect(await replay(generateAzure2019({ invocations: 5_000 }), options)).toEqual(first)
    const other = await replay(generateAzure2019({ invocations: 5_000, seed: 2 }), options)
    expect(other.results[0]!.figures).not.toEqual(first.results[0]!.figures)
  })

  it('says what is wrong with a plug-in, in whose place the platform decides', async () => {
    const sound = createPolicy(fixed)
    const broken = () => ({
      ...sound,
      keepAlive: () => {
        throw new Error('no idea')
      },
    })
    const fn = aFunction('a')
    const figures = await figuresWith(broken, traceOf([0, 10_000].map((atMs) => ({ atMs, fn, runMs: 1 }))))
    expect(figures.firstFault).toContain('no idea')
    expect(figures.coldStarts).toBe(1)
  })

  it.each([
    [{ invokers: 0 }, 'replay: invokers must be a whole number, 1 or more'],
    [{ memoryMb: 1.5 }, 'replay: memoryMb must be a whole number, 1 or more'],
    [{ startMs: -1 }, 'replay: startMs must be a number, 0 or more'],
  ])('says what is wrong with %j', async (options, message) => {
    await expect(figuresWith(fixed, traceOf([]), options)).rejects.toThrow(message)
  })

  it('says so when there is nothing to replay', async () => {
    await expect(figuresWith(fixed, traceOf([]))).rejects.toThrow('a trace has no invocations')
  })

  it('ends when it is told to', async () => {
    const trace = generateAzure2019({ invocations: 100_000 })
    const abort = new AbortController()
    const onProgress = (): void => abort.abort(new Error('enough'))
    await expect(figuresWith(fixed, trace, { signal: abort.signal, onProgress })).rejects.toThrow('enough')
  })
})

describe('fairness', () => {
  it('is 1 where all are served alike, and one part of their number where one alone is', () => {
    expect(jain([0.5, 0.5, 0.5])).toBeCloseTo(1)
    expect(jain([1, 0, 0, 0])).toBeCloseTo(0.25)
    expect(jain([])).toBe(1)
  })
})
