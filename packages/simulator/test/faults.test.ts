import { describe, expect, it } from 'vitest'
import { faultsOf } from '../src/index.ts'

describe('a schedule of faults', () => {
  it('follows from its seed, and names what there is', () => {
    const plan = { seed: 4, controllers: 2, invokers: 3, loadMs: 10_000, faults: 60 }
    const schedule = faultsOf(plan)
    expect(schedule).toEqual(faultsOf(plan))
    expect(schedule).not.toEqual(faultsOf({ ...plan, seed: 5 }))
    expect(new Set(schedule.map(({ kind }) => kind))).toEqual(
      new Set(['crash', 'freeze', 'restart', 'cut', 'down', 'slow', 'jump', 'rolling']),
    )
    for (const { atMs, kind, target, byMs } of schedule) {
      expect(atMs).toBeLessThan(10_000)
      expect(target).toMatch(/^(controller[01]|invoker[012]|queue|records|entities|limits|controllers|invokers)$/)
      expect(byMs === undefined).toBe(kind !== 'jump')
    }
  })

  it('leaves a controller and an invoker', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const gone = faultsOf({ seed, controllers: 2, invokers: 2, loadMs: 1_000, faults: 40 }).filter(
        ({ forMs, kind }) => kind === 'crash' && forMs === Infinity,
      )
      const names = new Set(gone.map(({ target }) => target))
      expect([...names].filter((name) => name.startsWith('controller')).length).toBeLessThan(2)
      expect([...names].filter((name) => name.startsWith('invoker')).length).toBeLessThan(2)
    }
  })
})
