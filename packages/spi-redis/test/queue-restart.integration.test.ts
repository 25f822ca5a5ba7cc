import type { RedisQueue } from '@stemcell/spi-redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { OwnRedis } from './own-redis.ts'
import { openQueue, publishSurely, textBody, textOf } from './queue-probe.ts'

describeWith('redis', 'a queue whose Redis goes away', () => {
  let server: OwnRedis
  let queue: RedisQueue

  beforeEach(async () => {
    server = await OwnRedis.start()
    queue = await openQueue({ url: server.url, keyPrefix: 'q', commandTimeoutMs: 5000 })
  })

  afterEach(async () => {
    await queue.close()
    await server.remove()
  })

  it('loses nothing over restarts under load, and has nothing left to deliver in the end', async () => {
    const received = new Map<string, number>()
    await queue.subscribe('t', { group: 'g', concurrency: 8 }, async (delivery) => {
      await new Promise((resolve) => setImmediate(resolve))
      received.set(textOf(delivery), (received.get(textOf(delivery)) ?? 0) + 1)
    })
    let published = 0
    let stop = false
    const publishers = Array.from({ length: 4 }, async (_, publisher) => {
      for (let index = 0; !stop; index++) {
        await publishSurely(queue, 't', `${publisher}/${index}`)
        published++
      }
      return publisher
    })
    for (let round = 1; round <= 3; round++) {
      const before = published
      await expect.poll(() => published, { timeout: 10_000 }).toBeGreaterThan(before + 500)
      await server.kill()
      await server.start()
    }
    const before = published
    await expect.poll(() => published, { timeout: 10_000 }).toBeGreaterThan(before + 500)
    stop = true
    await Promise.all(publishers)
    await expect.poll(() => received.size, { timeout: 10_000 }).toBeGreaterThanOrEqual(published)
    const pending = (): Promise<unknown> => server.ask((redis) => redis.xpending('{q}:queue:stream:t', 'g'))
    await expect.poll(pending, { timeout: 10_000 }).toEqual([0, null, null, null])
    await expect.poll(() => server.ask((redis) => redis.xlen('{q}:queue:stream:t')), { timeout: 20_000 }).toBe(0)
    const duplicates = [...received.values()].reduce((sum, times) => sum + times - 1, 0)
    expect(duplicates, 'duplicates come only from what was under way').toBeLessThan(200)
  }, 60_000)

  it('goes on with what is published after Redis lost all data', async () => {
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 2 }, (delivery) => void received.push(textOf(delivery)))
    await queue.publish('t', textBody('before'))
    await expect.poll(() => received).toContain('before')
    await server.kill()
    await server.forget()
    await server.start()
    await publishSurely(queue, 't', 'after')
    await expect.poll(() => received, { timeout: 10_000 }).toContain('after')
    await server.ask((redis) => redis.flushall())
    await publishSurely(queue, 't', 'later')
    await expect.poll(() => received, { timeout: 10_000 }).toContain('later')
  }, 30_000)

  it('acknowledges, once Redis is back, what was handled while it was away', async () => {
    const received: string[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, async (delivery) => {
      received.push(`${textOf(delivery)}#${delivery.attempt}`)
      if (textOf(delivery) === 'first') await held
    })
    await queue.publish('t', textBody('first'))
    await expect.poll(() => received.length).toBe(1)
    await server.kill()
    release()
    await server.start()
    await publishSurely(queue, 't', 'second')
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(2)
    await expect.poll(() => server.ask((redis) => redis.xlen('{q}:queue:stream:t')), { timeout: 10_000 }).toBe(0)
    expect(received).toEqual(['first#1', 'second#1'])
  }, 30_000)

  it('redelivers what was rejected while it was away', async () => {
    const attempts: number[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await queue.subscribe('t', { group: 'g', concurrency: 1, redeliverAfterMs: 10 }, async ({ attempt }) => {
      attempts.push(attempt)
      if (attempt > 1) return
      await held
      throw new Error('fails on purpose')
    })
    await queue.publish('t', textBody('m'))
    await expect.poll(() => attempts.length).toBe(1)
    await server.kill()
    release()
    await server.start()
    await expect.poll(() => attempts, { timeout: 10_000 }).toEqual([1, 2])
  }, 30_000)
})
