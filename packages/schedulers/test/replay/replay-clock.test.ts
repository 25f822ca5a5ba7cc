import { describe, expect, it } from 'vitest'
import { ReplayClock } from '../../src/replay/replay-clock.ts'

describe('the clock of a replay', () => {
  it('fires timers in order of their times, those of one moment in the order they were set', () => {
    const clock = new ReplayClock()
    const fired: string[] = []
    clock.setTimer(20, () => fired.push('late'))
    clock.setTimer(10, () => fired.push('first'))
    const cancelled = clock.setTimer(5, () => fired.push('never'))
    clock.setTimer(10, () => fired.push('second'))
    cancelled.cancel()
    cancelled.cancel()
    while (clock.nextDueMs < Infinity) clock.step()
    expect(fired).toEqual(['first', 'second', 'late'])
    expect(clock.monotonic()).toBe(20)
  })

  it('is the order of any heap: many timers, set and cancelled at random', () => {
    const clock = new ReplayClock()
    const fired: number[] = []
    let state = 7
    const below = (bound: number): number => (state = (state * 48_271) % 2_147_483_647) % bound
    const timers = Array.from({ length: 2_000 }, () => {
      const delayMs = below(500)
      return { delayMs, timer: clock.setTimer(delayMs, () => fired.push(delayMs)) }
    })
    const left = timers.filter(({ timer }) => {
      const isKept = below(3) > 0
      if (!isKept) timer.cancel()
      return isKept
    })
    while (clock.nextDueMs < Infinity) clock.step()
    expect(fired).toEqual(left.map(({ delayMs }) => delayMs).sort((a, b) => a - b))
  })

  it('never fires what is due in an eternity', () => {
    const clock = new ReplayClock()
    clock.setTimer(Infinity, () => undefined).cancel()
    clock.setTimer(Infinity, () => undefined)
    expect(clock.nextDueMs).toBe(Infinity)
  })
})
