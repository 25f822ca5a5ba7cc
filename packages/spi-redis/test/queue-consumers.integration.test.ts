import type { RedisQueue } from '@stemcell/spi-redis'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { OwnRedis } from './own-redis.ts'
import { openQueue, textBody, textOf } from './queue-probe.ts'

const STREAM = '{q}:queue:stream:t'

describeWith('redis', 'consumers of one group', () => {
  let server: OwnRedis
  const queues: RedisQueue[] = []
  const open = async (leaseMs: number): Promise<RedisQueue> => {
    const queue = await openQueue({ url: server.url, keyPrefix: 'q', leaseMs })
    queues.push(queue)
    return queue
  }

  beforeEach(async () => {
    server = await OwnRedis.start()
  })

  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()))
    await server.remove()
  })

  it('get nothing that was published before their group', async () => {
    const queue = await open(300)
    await queue.publish('t', textBody('before'))
    const received: string[] = []
    const take = { group: 'g', concurrency: 1 }
    await queue.subscribe('t', take, (delivery) => void received.push(textOf(delivery)))
    await queue.publish('t', textBody('after'))
    await expect.poll(() => received).toEqual(['after'])
  })

  it('take thousands of messages in one read with a handler that is done when it returns', async () => {
    const queue = await open(10_000)
    const early = await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => undefined)
    await early.close()
    const count = 6000
    await Promise.all(Array.from({ length: count }, (_, index) => queue.publish('t', textBody(String(index)))))
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 4 * count }, (delivery) => {
      received.push(`${textOf(delivery)}#${delivery.attempt}`)
    })
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(count)
    expect(received).toEqual(Array.from({ length: count }, (_, index) => `${index}#1`))
  })

  it('take over what a dead one had not acknowledged, as a second attempt, and forget it', async () => {
    const queue = await open(300)
    const early = await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => undefined)
    await early.close()
    const sent = ['m0', 'm1', 'm2']
    for (const text of sent) await queue.publish('t', textBody(text))
    // A consumer that takes messages and is never heard of again; seen alive once, as those of this package are.
    await server.ask(async (redis) => {
      await readAs(redis, 'dead')
      await redis.zadd('{q}:queue:alive:t\0g', 1, 'dead')
    })
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 2 }, (delivery) => {
      received.push(`${textOf(delivery)}#${delivery.attempt}`)
    })
    await expect.poll(() => received.sort(), { timeout: 5000 }).toEqual(sent.map((text) => `${text}#2`))
    await expect.poll(() => server.ask(consumers), { timeout: 5000 }).toHaveLength(1)
    await expect.poll(() => server.ask((redis) => redis.xlen(STREAM))).toBe(0)
  })

  it('remove what one that died had acknowledged and not removed', async () => {
    const queue = await open(150)
    const early = await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => undefined)
    await early.close()
    const retry = '{q}:queue:retry:t\0g'
    await server.ask(async (redis) => {
      const id = await redis.xadd(retry, '*', 'b', 'm', 'a', '2')
      await redis.xreadgroup('GROUP', 'g', 'dead', 'STREAMS', retry, '>')
      await redis.xack(retry, 'g', id!)
    })
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, (delivery) => void received.push(textOf(delivery)))
    await expect.poll(() => server.ask((redis) => redis.xlen(retry)), { timeout: 5000 }).toBe(0)
    expect(received).toEqual([])
  })

  it('leave a message to the one whose handler runs for many leases', async () => {
    const received: string[] = []
    const handled = (name: string) => async (): Promise<void> => {
      received.push(name)
      await new Promise((resolve) => setTimeout(resolve, 1500))
      received.push(`${name} done`)
    }
    const [first, second] = [await open(200), await open(200)]
    await first.subscribe('t', { group: 'g', concurrency: 1 }, handled('first'))
    await first.publish('t', textBody('m'))
    await expect.poll(() => received).toEqual(['first'])
    await second.subscribe('t', { group: 'g', concurrency: 1 }, handled('second'))
    await expect.poll(() => received.length, { timeout: 5000 }).toBe(2)
    expect(received).toEqual(['first', 'first done'])
  })

  it('abort the signal of a message that another has taken over', async () => {
    const queue = await open(300)
    let signal: AbortSignal | undefined
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, (delivery) => {
      signal = delivery.signal
      return held
    })
    await queue.publish('t', textBody('m'))
    await expect.poll(() => signal).toBeDefined()
    expect(signal?.aborted).toBe(false)
    await server.ask(async (redis) => {
      const [[id]] = (await redis.xpending(STREAM, 'g', '-', '+', 1)) as [[string]]
      await redis.xclaim(STREAM, 'g', 'thief', 0, id)
    })
    await expect.poll(() => signal?.aborted, { timeout: 5000 }).toBe(true)
    release()
  })

  it('get at once what was handed out on a connection that broke before it arrived', async () => {
    const queue = await open(60_000)
    const received: string[] = []
    const busy = await queue.subscribe('t', { group: 'g', concurrency: 2 }, (delivery) => {
      received.push(`${textOf(delivery)}#${delivery.attempt}`)
    })
    await queue.publish('t', textBody('m0'))
    await expect.poll(() => received).toEqual(['m0#1'])
    await server.ask(async (redis) => {
      const [name] = await consumers(redis)
      // What the server does for the reader whose answer is lost.
      await redis
        .multi()
        .xadd(STREAM, '*', 'b', 'm1')
        .call('XREADGROUP', 'GROUP', 'g', name!, 'STREAMS', STREAM, '>')
        .exec()
      await breakReader(redis)
    })
    await expect.poll(() => received, { timeout: 5000 }).toEqual(['m0#1', 'm1#1'])
    await busy.close()
  })

  it('go on after all their connections were cut', async () => {
    const queue = await open(60_000)
    const received = new Set<string>()
    await queue.subscribe('t', { group: 'g', concurrency: 4 }, (delivery) => void received.add(textOf(delivery)))
    for (let round = 0; round < 5; round++) {
      await server.ask((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
      await queue.publish('t', textBody(`m${round}`)).catch(() => queue.publish('t', textBody(`m${round}`)))
    }
    await expect.poll(() => [...received].sort(), { timeout: 10_000 }).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  })

  it('hand over what they rejected when they leave, early enough and not too early', async () => {
    const [first, second] = [await open(60_000), await open(60_000)]
    const options = { group: 'g', concurrency: 1, redeliverAfterMs: 400 }
    let rejectedMs = 0
    const leaving = await first.subscribe('t', options, () => {
      rejectedMs = performance.now()
      throw new Error('fails on purpose')
    })
    await first.publish('t', textBody('m'))
    await expect.poll(() => rejectedMs).toBeGreaterThan(0)
    const received: { readonly attempt: number; readonly afterMs: number }[] = []
    await second.subscribe('t', options, ({ attempt }) => {
      received.push({ attempt, afterMs: performance.now() - rejectedMs })
    })
    await leaving.close()
    await expect.poll(() => received.length, { timeout: 5000 }).toBe(1)
    expect(received[0]?.attempt).toBe(2)
    expect(received[0]?.afterMs).toBeGreaterThanOrEqual(395)
    expect(received[0]?.afterMs).toBeLessThan(3000)
  })

  it('hold no more than their concurrency while they are slow', async () => {
    const queue = await open(60_000)
    let most = 0
    let done = 0
    let running = 0
    await queue.subscribe('t', { group: 'g', concurrency: 3 }, async () => {
      most = Math.max(most, ++running)
      if (done % 10 === 0) {
        const pending = await server.ask((redis) => redis.xpending(STREAM, 'g'))
        // Acknowledgements are on their way behind the handlers.
        most = Math.max(most, Number(pending[0]) - 3)
      }
      running--
      done++
    })
    for (let index = 0; index < 200; index++) await queue.publish('t', textBody(`m${index}`))
    await expect.poll(() => done, { timeout: 10_000 }).toBe(200)
    expect(most).toBe(3)
  })
})

async function readAs(redis: Redis, consumer: string): Promise<void> {
  await redis.xreadgroup('GROUP', 'g', consumer, 'COUNT', 10, 'STREAMS', STREAM, '>')
}

async function consumers(redis: Redis): Promise<string[]> {
  const found = (await redis.xinfo('CONSUMERS', STREAM, 'g')) as string[][]
  return found.map(([, name]) => name!)
}

async function breakReader(redis: Redis): Promise<void> {
  const list = String(await redis.client('LIST'))
  const id = /^id=(\d+) .*name=stemcell:read:t /m.exec(list)?.[1]
  await redis.call('CLIENT', 'KILL', 'ID', id!)
}
