import { expect, it } from 'vitest'
import { adapterContext } from '../../src/adapter.ts'
import { LocalRateLimiter, localRateLimiter, shareOf } from '../../src/rate-limiter/local-rate-limiter.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

const MINUTE_MS = 60_000

async function limiterAt(startMs: number, controllers?: () => number): Promise<[LocalRateLimiter, VirtualClock]> {
  const clock = new VirtualClock(startMs)
  const limiter = localRateLimiter().build({ ...adapterContext({ clock }), ...(controllers ? { controllers } : {}) })
  await limiter.open()
  return [limiter, clock]
}

it('resets at the full minute of the wall clock, not a minute after the first request', async () => {
  const [limiter, clock] = await limiterAt(10 * MINUTE_MS + 59_000)
  const request = { namespaceId: 'n', perMinute: 1 }
  expect(limiter.countFire(request).allowed).toBe(true)
  expect(limiter.countFire(request)).toEqual({ allowed: false, count: 2, limit: 1, retryAfterMs: 1000 })
  await clock.advance(999)
  expect(limiter.countFire(request)).toEqual({ allowed: false, count: 3, limit: 1, retryAfterMs: 1 })
  await clock.advance(1)
  expect(limiter.countFire(request)).toEqual({ allowed: true, count: 1, limit: 1 })
})

it('promises nothing to a namespace whose limit is 0', async () => {
  const [limiter] = await limiterAt(0)
  const decision = limiter.countFire({ namespaceId: 'n', perMinute: 0 })
  expect(decision).toEqual({ allowed: false, count: 1, limit: 0 })
})

it.each([
  // limit, controllers, share
  [60, 1, 60],
  [60, 2, 36],
  [60, 3, 24],
  [30, 4, 9],
  [1, 5, 1],
  [0, 1, 0],
  [0, 5, 0],
  [7, 2, 4],
  [-1, 1, 0],
])('of a limit of %i one of %i controllers grants %i', (limit, controllers, share) => {
  expect(shareOf(limit, controllers)).toBe(share)
})

it('follows the number of controllers as it changes', async () => {
  let controllers = 1
  const [limiter] = await limiterAt(0, () => controllers)
  expect(limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 10 }).limit).toBe(10)
  controllers = 2
  expect(limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 10 }).limit).toBe(6)
  expect(limiter.countFire({ namespaceId: 'n', perMinute: 10 }).limit).toBe(6)
})

it('answers without a promise', async () => {
  const [limiter] = await limiterAt(0)
  expect(limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 1 })).toEqual({
    allowed: true,
    count: 1,
    limit: 1,
    of: 'places',
  })
})

it('keeps places that were taken before it was closed and opened again', async () => {
  const [limiter] = await limiterAt(0)
  limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 1 })
  await limiter.close()
  await limiter.open()
  expect(limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 1 }).allowed).toBe(false)
  limiter.leave('n')
  expect(limiter.enter({ namespaceId: 'n', perMinute: 100, concurrent: 1 }).allowed).toBe(true)
})
