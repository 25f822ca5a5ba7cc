import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SystemClock } from '../../src/time/system-clock.ts'

const DAY_MS = 86_400_000

describe('SystemClock', () => {
  const clock = new SystemClock()

  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('tells the time of the host', () => {
    const before = Date.now()
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    const first = clock.monotonic()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(first)
  })

  it('never fires before its time, fractions included, nor inside setTimer', async () => {
    for (const delay of [0, 0.4, 1.6, 5, -3]) {
      const startMs = clock.monotonic()
      let inside = true
      const tookMs = await new Promise<number>((resolve) => {
        clock.setTimer(delay, () => {
          expect(inside).toBe(false)
          resolve(clock.monotonic() - startMs)
        })
        inside = false
      })
      expect(tookMs).toBeGreaterThanOrEqual(delay)
    }
  })

  it('waits for more days than one timer of Node can hold, and can be cancelled on the way', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let nowMs = 0
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    const advance = (ms: number): void => {
      nowMs += ms
      vi.advanceTimersByTime(ms)
    }
    const fired: string[] = []
    clock.setTimer(60 * DAY_MS, () => fired.push('sixty days'))
    const cancelled = clock.setTimer(60 * DAY_MS, () => fired.push('cancelled'))
    for (let day = 0; day < 30; day++) advance(DAY_MS)
    cancelled.cancel()
    for (let day = 30; day < 59; day++) advance(DAY_MS)
    expect(fired).toEqual([])
    advance(DAY_MS)
    expect(fired).toEqual(['sixty days'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a sleep at once when its signal aborts', async () => {
    const abort = new AbortController()
    const sleeping = clock.sleep(DAY_MS, abort.signal)
    abort.abort()
    await sleeping
    await clock.sleep(DAY_MS, abort.signal)
    await clock.sleep(1)
  })
})
