import { expect, it } from 'vitest'
import { VirtualClock, type Clock, type Timer } from '@stemcell/core'
import { Deadlines } from '../../src/time/deadlines.ts'

function counting(clock: Clock): { readonly clock: Clock; readonly timers: () => number } {
  let timers = 0
  return {
    timers: () => timers,
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
      setTimer(delayMs, callback): Timer {
        timers++
        return clock.setTimer(delayMs, callback)
      },
    },
  }
}

it('expires each deadline at its time, in whatever order they came', async () => {
  const clock = new VirtualClock()
  const deadlines = Deadlines.of(clock)
  const start = clock.monotonic()
  const expired: [number, number][] = []
  for (const ms of [500, 20, 300, 20, 1_000]) {
    deadlines.add({ deadlineMs: start + ms, expire: () => expired.push([ms, clock.monotonic() - start]) })
  }
  await clock.advance(2_000)
  expect(expired).toEqual([
    [20, 20],
    [20, 20],
    [300, 300],
    [500, 500],
    [1_000, 1_000],
  ])
})

it('does nothing to a deadline that was removed, also while others expire', async () => {
  const clock = new VirtualClock()
  const deadlines = Deadlines.of(clock)
  const expired: string[] = []
  const second = { deadlineMs: clock.monotonic() + 10, expire: () => expired.push('second') }
  deadlines.add({
    deadlineMs: clock.monotonic() + 10,
    expire: () => {
      expired.push('first')
      deadlines.remove(second)
    },
  })
  deadlines.add(second)
  await clock.advance(100)
  expect(expired).toEqual(['first'])
})

it('sets no timer for a call that ends in time', async () => {
  const { clock, timers } = counting(new VirtualClock())
  const deadlines = Deadlines.of(clock)
  for (let call = 0; call < 1_000; call++) {
    const deadline = { deadlineMs: clock.monotonic() + 60_000, expire: () => expect.unreachable() }
    deadlines.add(deadline)
    deadlines.remove(deadline)
  }
  expect(timers()).toBe(1)
})
