import { describe, expect, it } from 'vitest'
import { faultText, HISTORY, replayCommand, shrink, simulate, type Fault } from '../src/index.ts'

const flawed = HISTORY.find(({ name }) => name === 'taken-is-done')!

/** Two of these matter together: what the invoker has taken is lost with it, and nobody is left who knows of it. */
const SCHEDULE: readonly Fault[] = [
  { atMs: 1_000, kind: 'slow', target: 'entities', forMs: 500 },
  { atMs: 2_000, kind: 'down', target: 'limits', forMs: 300 },
  { atMs: 4_000, kind: 'crash', target: 'invoker0', forMs: 3_000 },
  { atMs: 4_600, kind: 'crash', target: 'controller0', forMs: 1_000 },
  { atMs: 7_000, kind: 'cut', target: 'invoker1', forMs: 400, service: 'records' },
]

describe('a schedule of faults that breaks a promise', () => {
  it('is shrunk to what breaks it, with a command that runs just that', { timeout: 120_000 }, async () => {
    const options = {
      seed: 7,
      controllers: 1,
      invokers: 2,
      loadMs: 8_000,
      perSecond: 30,
      weather: false,
      restMs: 90_000,
      schedule: SCHEDULE,
      flaws: flawed.flaws,
    }
    const failed = await simulate(options)
    expect(failed.violations.map(({ rule }) => rule)).toContain('lost')
    const { only, report, calm } = await shrink(options, failed)
    expect(only).toEqual([2, 3])
    expect(report.schedule).toEqual([SCHEDULE[2], SCHEDULE[3]])
    expect(report.violations.map(({ rule }) => rule)).toContain('lost')
    expect(replayCommand(options, only, calm)).toBe(
      'npm run simulate -- --cluster --seed 7 --only 2,3 --calm --controllers 1 --invokers 2 --load 8 --rate 30',
    )
    expect(faultText(SCHEDULE[4]!)).toBe('7.0 s: cut invoker1 from records for 400 ms')
  })
})
