import { adapterContext, VirtualClock } from '@stemcell/core'
import { RedisRateLimiter } from '@stemcell/spi-redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { OwnRedis } from './own-redis.ts'

const place = { namespaceId: 'ns', perMinute: 1_000_000, concurrent: 10 }

describeWith('redis', 'rate limits of several controllers', () => {
  let server: OwnRedis
  const limiters: RedisRateLimiter[] = []
  const open = async (leaseMs = 30_000, context = adapterContext()): Promise<RedisRateLimiter> => {
    const limiter = new RedisRateLimiter({ url: server.url, leaseMs }, context)
    limiters.push(limiter)
    await limiter.open()
    return limiter
  }
  const allowed = async (limiter: RedisRateLimiter): Promise<boolean> => (await limiter.enter(place)).allowed

  beforeEach(async () => {
    server = await OwnRedis.start()
  })

  afterEach(async () => {
    await Promise.all(limiters.splice(0).map((limiter) => limiter.close()))
    await server.remove()
  })

  it('hold exactly over all of them, however they compete', async () => {
    const controllers = await Promise.all([open(), open(), open()])
    const entries = await Promise.all(Array.from({ length: 90 }, (_, index) => allowed(controllers[index % 3]!)))
    expect(entries.filter(Boolean)).toHaveLength(10)
    const request = { namespaceId: 'busy', perMinute: 1_000_000 }
    const counts = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => (await controllers[index % 3]!.countFire(request)).count),
    )
    // A new minute may begin in between, and start anew.
    expect(new Set(counts).size).toBeGreaterThanOrEqual(150)
  })

  it('count what any of them gave back', async () => {
    const [one, other] = [await open(), await open()]
    for (let index = 0; index < 10; index++) expect(await allowed(index % 2 === 0 ? one : other)).toBe(true)
    expect(await allowed(one)).toBe(false)
    other.leave('ns')
    other.leave('ns')
    await expect.poll(async () => (await one.enter({ ...place, concurrent: 9 })).allowed).toBe(true)
    expect(await allowed(other)).toBe(true)
    expect(await allowed(one)).toBe(false)
  })

  it('free the places of one that closed, and of one that died once its lease has ended', async () => {
    // With its clock standing still it renews nothing, as if it were dead.
    const dead = await open(500, adapterContext({ clock: new VirtualClock() }))
    const closed = await open()
    const living = await open()
    for (let index = 0; index < 5; index++) expect(await allowed(dead)).toBe(true)
    for (let index = 0; index < 5; index++) expect(await allowed(closed)).toBe(true)
    expect(await allowed(living)).toBe(false)
    await closed.close()
    for (let index = 0; index < 5; index++) expect(await allowed(living)).toBe(true)
    expect(await allowed(living)).toBe(false)
    await expect.poll(() => allowed(living), { timeout: 5000 }).toBe(true)
  })

  it('keep the places of one that lives for many leases', async () => {
    const [holder, other] = [await open(150), await open(150)]
    for (let index = 0; index < 10; index++) expect(await allowed(holder)).toBe(true)
    const until = performance.now() + 1000
    while (performance.now() < until) {
      expect(await allowed(other)).toBe(false)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  it('are told again after Redis lost all data', async () => {
    const [holder, other] = [await open(150), await open(150)]
    for (let index = 0; index < 9; index++) expect(await allowed(holder)).toBe(true)
    await server.ask((redis) => redis.flushall())
    const places = (): Promise<string[]> =>
      server.ask(async (redis) => {
        const keys = await redis.keys('{stemcell}:rate:places:*')
        const counts = await Promise.all(keys.map((key) => redis.hget(key, 'ns')))
        return counts.filter((count) => count !== null)
      })
    await expect.poll(places, { timeout: 5000 }).toEqual(['9'])
    expect(await allowed(other)).toBe(true)
    expect(await allowed(other)).toBe(false)
  })

  it('are right again after an outage in which places were given back', async () => {
    const [holder, other] = [await open(60_000), await open(60_000)]
    for (let index = 0; index < 10; index++) expect(await allowed(holder)).toBe(true)
    await server.kill()
    for (let index = 0; index < 4; index++) holder.leave('ns')
    await server.start()
    await expect
      .poll(() => Promise.resolve(other.enter(place)).then(({ count }) => count, String), { timeout: 5000 })
      .toBe(7)
    for (let index = 0; index < 3; index++) expect(await allowed(other)).toBe(true)
    expect(await allowed(other)).toBe(false)
  })
})
