import { adapterContext, VirtualClock } from '@stemcell/core'
import { RedisQueue, type RedisQueueOptions } from '@stemcell/spi-redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { textBody, textOf } from './queue-probe.ts'
import { removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

describeWith('redis', 'the retention of topics', (url) => {
  let keyPrefix: string
  let queue: RedisQueue
  let clock: VirtualClock
  const open = async (options: Partial<RedisQueueOptions> = {}): Promise<void> => {
    queue = new RedisQueue({ url, keyPrefix, ...options }, adapterContext({ clock }))
    await queue.open()
  }
  const length = (topic: string): Promise<number> =>
    withRedis(url, (redis) => redis.xlen(`{${keyPrefix}}:queue:stream:${topic}`))
  /** The queue trims by the platform's clock; Redis has its own. */
  const lengthAfterTrimming = async (topic: string): Promise<number> => {
    await clock.advance(10_001)
    return length(topic)
  }

  beforeEach(() => {
    keyPrefix = uniquePrefix()
    clock = new VirtualClock()
  })

  afterEach(async () => {
    await queue.close()
    await removeKeys(url, keyPrefix)
  })

  it('removes what every group has acknowledged and nothing else', async () => {
    await open()
    const received: string[] = []
    const collect = (group: string, until: Promise<void>) =>
      queue.subscribe('t', { group, concurrency: 100 }, async (delivery) => {
        await until
        received.push(`${group}:${textOf(delivery)}`)
      })
    let release: () => void = () => undefined
    await collect('quick', Promise.resolve())
    await collect('slow', new Promise<void>((resolve) => (release = resolve)))
    for (let index = 0; index < 20; index++) await queue.publish('t', textBody(`m${index}`))
    await expect.poll(() => received.length).toBe(20)
    expect(await lengthAfterTrimming('t')).toBe(20)
    release()
    await expect.poll(() => received.length).toBe(40)
    await expect.poll(() => lengthAfterTrimming('t')).toBe(0)
  })

  it('drops what is older than the topic keeps it, though a group waits for it', async () => {
    await open()
    await queue.ensureTopic('t', { retentionMs: 300 })
    await queue.ensureTopic('t', { retentionMs: 3_600_000 })
    const away = await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => undefined)
    await away.close()
    for (let index = 0; index < 5; index++) await queue.publish('t', textBody(`m${index}`))
    expect(await length('t')).toBe(5)
    await expect
      .poll(async () => {
        await queue.ensureTopic('t')
        return lengthAfterTrimming('t')
      })
      .toBe(0)
  })

  it('bounds the size of a topic that nobody takes from', async () => {
    await open({ retentionBytes: 50_000 })
    for (let index = 0; index < 500; index++) await queue.publish('t', textBody('x'.repeat(1000)))
    await expect.poll(() => lengthAfterTrimming('t')).toBeLessThan(60)
    expect(await length('t')).toBeGreaterThan(20)
  })

  it('keeps what a live group waits for, however much it is', async () => {
    await open({ retentionBytes: 50_000 })
    let release: () => void = () => undefined
    let received = 0
    const held = new Promise<void>((resolve) => (release = resolve))
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, async () => {
      await held
      received++
    })
    for (let index = 0; index < 200; index++) await queue.publish('t', textBody('x'.repeat(1000)))
    expect(await lengthAfterTrimming('t')).toBe(200)
    release()
    await expect.poll(() => received, { timeout: 10_000 }).toBe(200)
  })
})
