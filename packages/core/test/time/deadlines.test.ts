import { expect, it } from 'vitest'
import { VirtualClock, type Clock, type Timer } from '@stemcell/core'
import { Deadline, Deadlines } from '../../src/time/deadlines.ts'
import { StoppedClock } from './stopped-clock.ts'

class Told extends Deadline {
  readonly expire: () => void

  constructor(deadlineMs: number, expire: () => void) {
    super(deadlineMs)
    this.expire = expire
  }
}

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
    deadlines.add(new Told(start + ms, () => expired.push([ms, clock.monotonic() - start])))
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
  const second = new Told(clock.monotonic() + 10, () => expired.push('second'))
  deadlines.add(
    new Told(clock.monotonic() + 10, () => {
      expired.push('first')
      deadlines.remove(second)
    }),
  )
  deadlines.add(second)
  await clock.advance(100)
  expect(expired).toEqual(['first'])
})

it('expires a deadline at its new time when another that has passed with it sets it again', async () => {
  const clock = new VirtualClock()
  const deadlines = Deadlines.of(clock)
  const start = clock.monotonic()
  const expired: number[] = []
  const second = new Told(start + 20, () => expired.push(clock.monotonic() - start))
  const first = new Told(start + 20, () => {
    expect(deadlines.remove(second)).toBe(true)
    second.deadlineMs = start + 50
    deadlines.add(second)
    deadlines.add(second)
  })
  deadlines.add(first)
  deadlines.add(second)
  await clock.advance(49)
  expect(expired).toEqual([])
  await clock.advance(100)
  expect(expired).toEqual([50])
  expect(deadlines.remove(second)).toBe(false)
})

it('sets no timer for a call that ends in time', async () => {
  const { clock, timers } = counting(new VirtualClock())
  const deadlines = Deadlines.of(clock)
  for (let call = 0; call < 1_000; call++) {
    const deadline = new Told(clock.monotonic() + 60_000, () => expect.unreachable())
    deadlines.add(deadline)
    deadlines.remove(deadline)
  }
  expect(timers()).toBe(1)
})

it('takes a deadline once, and says whether one that is removed was pending', async () => {
  const clock = new VirtualClock()
  const deadlines = Deadlines.of(clock)
  const expired: string[] = []
  const [first, middle, last] = ['first', 'middle', 'last'].map(
    (name) => new Told(clock.monotonic() + 10, () => expired.push(name)),
  ) as [Told, Told, Told]
  for (const deadline of [first, middle, last, middle]) deadlines.add(deadline)
  expect(deadlines.remove(middle)).toBe(true)
  expect(deadlines.remove(middle)).toBe(false)
  deadlines.add(middle)
  await clock.advance(10)
  expect(expired).toEqual(['first', 'last', 'middle'])
  expect(deadlines.remove(first)).toBe(false)
})

it('leaves no timer behind once nothing is pending and it is told to rest', () => {
  const clock = new VirtualClock()
  const deadlines = Deadlines.of(clock)
  const deadline = new Told(clock.monotonic() + 10, () => expect.unreachable())
  deadlines.add(deadline)
  deadlines.rest()
  expect(clock.nextDueMs).toBeDefined()
  deadlines.remove(deadline)
  deadlines.rest()
  expect(clock.nextDueMs).toBeUndefined()
})

it('puts off deadlines of others by the time that the process stood still, and no others', async () => {
  const clock = new StoppedClock()
  const deadlines = Deadlines.of(clock)
  const expired: [string, number][] = []
  const tell = (name: string) => () => void expired.push([name, clock.monotonic()])
  class OfOthers extends Told {
    override get isOfOthers(): boolean {
      return true
    }
  }
  deadlines.add(new Told(5_000, tell('own')))
  deadlines.add(new OfOthers(5_000, tell('of others')))
  await clock.advance(3_500)
  clock.stoodStillMs = 10_000
  // It was looked at half a second before: that much more than it was may seem to be one.
  expect(deadlines.stoodStillMs(clock.monotonic())).toBe(10_500)
  deadlines.add(new OfOthers(14_200, tell('added after it')))
  await clock.advance(10_000)
  expect(expired).toEqual([
    ['own', 14_000],
    ['added after it', 14_200],
    ['of others', 15_500],
  ])
})

it('takes a timer that is late by less than a second for one of a busy machine', async () => {
  const clock = new StoppedClock()
  const deadlines = Deadlines.of(clock)
  deadlines.add(new Told(60_000, () => undefined))
  await clock.advance(500)
  clock.stoodStillMs = 1_000
  await clock.advance(2_000)
  expect(deadlines.stoodStillMs(clock.monotonic())).toBe(0)
})
