import { describe, expect, it } from 'vitest'
import { generateAzure2019 } from '../../src/trace/azure-2019-generator.ts'
import { all } from '../traces.ts'

const trace = generateAzure2019({ invocations: 300_000, functions: 1_000 })

function shareOf<T>(values: readonly T[], accepts: (value: T) => boolean): number {
  return values.filter(accepts).length / values.length
}

describe('a trace after the published distributions', () => {
  it('has as many invocations as were asked for, in order, over about a day', async () => {
    const invocations = await all(trace)
    expect(invocations).toHaveLength(300_000)
    expect(invocations.every(({ atMs }, index) => index === 0 || invocations[index - 1]!.atMs <= atMs)).toBe(true)
    expect(invocations.at(-1)!.atMs / 3_600_000).toBeGreaterThan(20)
    expect(invocations.at(-1)!.atMs / 3_600_000).toBeLessThan(28)
  })

  it('calls 45 % of functions once an hour or less, 81 % once a minute or less, and a fifth makes nearly all calls', async () => {
    // Fewer functions leave room for those that are called more than once a minute.
    const counts = new Map<string, number>()
    for (const { fn } of await all(generateAzure2019({ invocations: 300_000, functions: 200 })))
      counts.set(fn.name, (counts.get(fn.name) ?? 0) + 1)
    const calls = Array.from({ length: 200 }, (_, at) => [...counts.values()][at] ?? 0).sort((a, b) => b - a)
    expect(shareOf(calls, (count) => count <= 24)).toBeCloseTo(0.45, 1)
    expect(shareOf(calls, (count) => count <= 1_440)).toBeCloseTo(0.81, 1)
    const total = calls.reduce((sum, count) => sum + count, 0)
    const fifth = calls.slice(0, 40).reduce((sum, count) => sum + count, 0)
    expect(fifth / total).toBeGreaterThan(0.85)
    expect(total).toBe(300_000)
  })

  it('has the published memory, run times and timers', async () => {
    const invocations = await all(trace)
    const memory = [...new Map(invocations.map(({ fn }) => [fn.name, fn.memoryMb])).values()].sort((a, b) => a - b)
    expect(memory[Math.floor(memory.length / 2)]).toBeGreaterThan(125)
    expect(memory[Math.floor(memory.length / 2)]).toBeLessThan(160)
    expect(shareOf(memory, (mb) => mb <= 400)).toBeGreaterThan(0.9)

    const times = new Map<string, { at: number[]; run: number }>()
    for (const { fn, atMs, runMs } of invocations) {
      const known = times.get(fn.name) ?? { at: [], run: 0 }
      known.at.push(atMs)
      known.run += runMs
      times.set(fn.name, known)
    }
    const means = [...times.values()].map(({ at, run }) => run / at.length)
    // The fit says a median of 0.68 s, and half a minute for the slowest twentieth.
    expect(shareOf(means, (ms) => ms < 684)).toBeCloseTo(0.5, 1)
    const often = [...times.values()].filter(({ at }) => at.length >= 10)
    const regular = shareOf(often, ({ at }) => {
      const gaps = at.slice(1).map((ms, index) => ms - at[index]!)
      return Math.max(...gaps) - Math.min(...gaps) < 1
    })
    expect(regular).toBeGreaterThan(0.07)
    expect(regular).toBeLessThan(0.25)
  })

  it('is the same whenever it is read, and for the same seed', async () => {
    const size = { invocations: 2_000, functions: 50 }
    const one = generateAzure2019(size)
    const first = await all(one)
    expect(await all(one)).toEqual(first)
    expect(await all(generateAzure2019(size))).toEqual(first)
    expect(await all(generateAzure2019({ ...size, seed: 2 }))).not.toEqual(first)
  })

  it.each([
    [{ invocations: 0 }, 'invocations must be a whole number'],
    [{ invocations: 10, functions: 0 }, 'functions must be a whole number'],
    [{ invocations: 10, hours: -1 }, 'hours must be a number above 0'],
  ])('refuses %j', (options, message) => {
    expect(() => generateAzure2019(options)).toThrow(message)
  })
})
