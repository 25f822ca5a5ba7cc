import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

describe('VirtualClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new VirtualClock(1000)
    let fired = false
    clock.setTimer(0, () => {
      fired = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([clock.now(), clock.monotonic(), fired]).toEqual([1000, 0, false])
    await clock.advance(0)
    expect(fired).toBe(true)
  })

  it('fires in order of the due time, ties in the order they were set, and shows each its own time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 40 }), async (delays) => {
        const clock = new VirtualClock(1000)
        const fired: { index: number; at: number }[] = []
        delays.forEach((delay, index) => {
          clock.setTimer(delay, () => fired.push({ index, at: clock.now() }))
        })
        await clock.advance(100)
        const expected = delays
          .map((delay, index) => ({ index, at: 1000 + Math.max(0, delay) }))
          .toSorted((a, b) => a.at - b.at || a.index - b.index)
        expect(fired).toEqual(expected)
        expect(clock.now()).toBe(1100)
      }),
      { numRuns: 50 },
    )
  })

  it('lets promise chains settle between two timers', async () => {
    const clock = new VirtualClock()
    const order: string[] = []
    clock.setTimer(1, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => order.push('chain of the first'))
    })
    clock.setTimer(1, () => order.push('second'))
    await clock.advance(1)
    expect(order).toEqual(['chain of the first', 'second'])
  })

  it('fires timers that are set on the way when they fall into the time advanced', async () => {
    const clock = new VirtualClock(0)
    const fired: number[] = []
    const again = (): void => {
      fired.push(clock.now())
      clock.setTimer(10, again)
    }
    clock.setTimer(10, again)
    await clock.advance(35)
    expect(fired).toEqual([10, 20, 30])
    expect(clock.nextDueMs).toBe(40)
  })

  it('never fires a cancelled timer', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const timer = clock.setTimer(5, () => fired.push('cancelled'))
    const other = clock.setTimer(5, () => fired.push('other'))
    timer.cancel()
    timer.cancel()
    await clock.advance(10)
    other.cancel()
    expect(fired).toEqual(['other'])
    expect(clock.nextDueMs).toBeUndefined()
  })

  it('cancels a timer from the callback of another that is due at the same time', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    clock.setTimer(5, () => {
      fired.push('first')
      second.cancel()
    })
    const second = clock.setTimer(5, () => fired.push('second'))
    await clock.advance(5)
    expect(fired).toEqual(['first'])
  })

  it('ends a sleep after its time, or at once when its signal aborts', async () => {
    const clock = new VirtualClock()
    const ended: string[] = []
    const abort = new AbortController()
    void clock.sleep(100).then(() => ended.push('slept'))
    void clock.sleep(100, abort.signal).then(() => ended.push('aborted'))
    void clock.sleep(100, AbortSignal.abort()).then(() => ended.push('aborted before'))
    await clock.advance(1)
    expect(ended).toEqual(['aborted before'])
    abort.abort()
    await clock.advance(0)
    expect(ended).toEqual(['aborted before', 'aborted'])
    await clock.advance(99)
    expect(ended).toEqual(['aborted before', 'aborted', 'slept'])
    expect(clock.nextDueMs).toBeUndefined()
  })

  it('never runs backwards when two advances overlap', async () => {
    const clock = new VirtualClock(0)
    await Promise.all([clock.advance(100), clock.advance(10)])
    expect(clock.now()).toBe(100)
  })

  it('steps from timer to timer without waiting for promises', () => {
    const clock = new VirtualClock(0)
    const fired: number[] = []
    for (const delay of [7, 3]) clock.setTimer(delay, () => fired.push(clock.now()))
    expect([clock.step(), clock.step(), clock.step()]).toEqual([true, true, false])
    expect(fired).toEqual([3, 7])
  })
})
