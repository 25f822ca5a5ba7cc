import { VirtualClock } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { ControllerFigures } from '../../src/figures/controller-figures.ts'
import { InvokerFigures } from '../../src/figures/invoker-figures.ts'
import { LATENCY_BOUNDS, latencyClass, sum } from '../../src/figures/latency.ts'
import { KEPT_POINTS, POINT_MS } from '../../src/figures/points.ts'

const RUN = {
  namespace: 'a',
  action: 'a/b',
  kind: 'nodejs:20',
  statusCode: 0,
  stages: { queue: 1, acquire: 1, run: 8 },
} as const
const POOL = {
  capacityMb: 100,
  usedMb: 50,
  leavingMb: 0,
  busy: 0,
  idle: 0,
  idleMb: 0,
  stemCells: 0,
  stemCellsMb: 0,
  starting: 0,
  waiting: 3,
  stemCellPlans: [],
}

describe('latency classes', () => {
  it('each time is in the first class whose bound it does not exceed', () => {
    for (const ms of [0, 0.05, 0.1, 0.11, 1, 9.99, 100, 1234, 299_000]) {
      expect(latencyClass(ms)).toBe(LATENCY_BOUNDS.findIndex((bound) => ms <= bound * (1 + 1e-9)))
    }
    for (const [index, bound] of LATENCY_BOUNDS.entries()) expect(latencyClass(bound)).toBe(index)
  })

  it('what is no time, and what is too long, has a class, too', () => {
    expect(latencyClass(Number.NaN)).toBe(0)
    expect(latencyClass(-1)).toBe(0)
    expect(latencyClass(1e12)).toBe(LATENCY_BOUNDS.length - 1)
  })

  it('distributions add up', () => {
    expect(sum([[1, 2, 5, 1], [5, 4], []])).toEqual([1, 2, 5, 5])
  })
})

describe('figures of the last hour', () => {
  it('are counted by tens of seconds, with the pool as it was at the end', async () => {
    const clock = new VirtualClock()
    const figures = new InvokerFigures(clock)
    figures.observer.responded!(RUN)
    figures.observer.acquired!({ ...RUN, acquisition: { how: 'cold', reason: 'no-container' } })
    figures.observer.gauges!(POOL)
    await clock.advance(POINT_MS)
    figures.observer.gauges!({ ...POOL, usedMb: 70 })
    figures.observer.responded!(RUN)
    const [first, second] = figures.points()
    expect(first).toMatchObject({ ended: [1, 0, 0, 0], acquired: { cold: 1, hot: 0 }, pool: { usedMb: 50 } })
    expect(second!.at - first!.at).toBe(POINT_MS)
    expect(second).toMatchObject({ ended: [1, 0, 0, 0], acquired: { cold: 0 }, pool: { usedMb: 70, waiting: 3 } })
    expect(sum([first!.latency, second!.latency])[1]).toBe(2)
  })

  it('no more than an hour is kept', async () => {
    const clock = new VirtualClock()
    const figures = new InvokerFigures(clock)
    for (let count = 0; count < KEPT_POINTS + 50; count++) {
      figures.observer.gauges!(POOL)
      await clock.advance(POINT_MS)
    }
    expect(figures.points().length).toBeLessThanOrEqual(KEPT_POINTS + 1)
  })

  it('reasons of refusals do not become more and more', () => {
    const figures = new ControllerFigures(new VirtualClock())
    for (let count = 0; count < 1000; count++) {
      figures.observer.refused!({ namespace: 'a', action: 'a/b', kind: 'x', reason: `reason ${count}` })
    }
    const { refused } = figures.points().at(-1)!
    expect(Object.keys(refused).length).toBeLessThanOrEqual(13)
    expect(Object.values(refused).reduce((all, count) => all + count)).toBe(1000)
  })
})
