import { adapterContext, SeededRandom, VirtualClock } from '@stemcell/core'
import { RedisRateLimiter } from '@stemcell/spi-redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { OwnRedis } from './own-redis.ts'

const PLENTY = 1_000_000

describeWith('redis', 'rates and places leased in blocks', (_url) => {
  let server: OwnRedis
  const limiters: RedisRateLimiter[] = []
  const open = async (context = adapterContext()): Promise<RedisRateLimiter> => {
    const limiter = new RedisRateLimiter({ url: server.url }, context)
    limiters.push(limiter)
    await limiter.open()
    return limiter
  }
  const scripts = (): Promise<number> =>
    server.ask(async (redis) => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0))

  beforeEach(async () => {
    server = await OwnRedis.start()
  })

  afterEach(async () => {
    await Promise.all(limiters.splice(0).map((limiter) => limiter.close()))
    await server.remove()
  })

  it('let requests in without asking Redis while the limits are far', async () => {
    const limiter = await open()
    const request = { namespaceId: 'ns', perMinute: PLENTY, concurrent: 1000 }
    let asked = 0
    for (let index = 0; index < 1000; index++) {
      const decision = limiter.enter(request)
      if (decision instanceof Promise) asked++
      expect((await decision).allowed).toBe(true)
      limiter.leave('ns')
    }
    expect(asked).toBeLessThan(200)
    expect(await scripts()).toBeLessThan(300)
  })

  it('are given back where nobody uses them', async () => {
    const limiter = await open()
    const request = { namespaceId: 'ns', perMinute: PLENTY, concurrent: 1000 }
    for (let index = 0; index < 20; index++) {
      await limiter.enter(request)
      limiter.leave('ns')
    }
    const [places, counter] = ['{stemcell}:rate:places:*', '{stemcell}:rate:invocations:ns']
    const held = (): Promise<unknown[]> =>
      server.ask(async (redis) => {
        const [key] = await redis.keys(places)
        return [await redis.hget(key!, 'ns'), await redis.hget(counter, 'o')]
      })
    await expect.poll(held, { timeout: 5000 }).toEqual([null, '0'])
  })

  it('never exceed the places of the cluster, whoever comes and goes', { timeout: 60_000 }, async () => {
    const random = new SeededRandom(1)
    const controllers = await Promise.all([open(), open(), open()])
    const concurrent = 40
    const inUse = [0, 0, 0]
    let most = 0
    const steps = Array.from({ length: 3 }, async (_, own) => {
      for (let step = 0; step < 1500; step++) {
        const wants = random.below(10) < (step % 400 < 200 ? 8 : 3)
        if (wants) {
          const { allowed } = await controllers[own]!.enter({ namespaceId: 'ns', perMinute: PLENTY, concurrent })
          if (allowed) inUse[own]!++
          most = Math.max(most, inUse[0]! + inUse[1]! + inUse[2]!)
        } else if (inUse[own]! > 0) {
          inUse[own]!--
          controllers[own]!.leave('ns')
        }
      }
    })
    await Promise.all(steps)
    expect(most).toBe(concurrent)
  })

  it('are lost with a process that dies, and exceed nothing', async () => {
    // With its clock standing still it gives nothing back, as if it were dead.
    const dead = await open(adapterContext({ clock: new VirtualClock() }))
    const living = await open()
    const request = { namespaceId: 'ns', perMinute: 400, concurrent: 1000 }
    const minute = (): Promise<number> => server.ask(async (redis) => Math.floor(Number((await redis.time())[0]) / 60))
    const before = await minute()
    await dead.enter(request)
    let allowed = 1
    while (allowed < 900 && (await living.enter(request)).allowed) {
      allowed++
      living.leave('ns')
    }
    if ((await minute()) === before) expect(allowed).toBeLessThanOrEqual(400)
    expect(allowed).toBeGreaterThan(300)
  })
})
