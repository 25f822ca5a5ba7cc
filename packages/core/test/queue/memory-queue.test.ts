import { beforeEach, describe, expect, it } from 'vitest'
import { adapterContext } from '../../src/adapter.ts'
import { silentLogger, type Logger } from '../../src/log.ts'
import { memoryQueue, MemoryQueue } from '../../src/queue/memory-queue.ts'
import { bytesBody } from '../../src/queue/message-body.ts'
import type { Delivery, MessageBody } from '../../src/queue/queue.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

const body = (text: string): MessageBody => bytesBody(Buffer.from(text))
const textOf = (delivery: Delivery): string => Buffer.from(delivery.body.bytes()).toString()

describe('MemoryQueue', () => {
  let clock: VirtualClock
  let queue: MemoryQueue
  let warnings: object[]

  beforeEach(async () => {
    clock = new VirtualClock()
    warnings = []
    const logger: Logger = {
      ...silentLogger,
      warn: (fields) => warnings.push(fields),
      child: (fields) => ({ ...logger, warn: (more) => warnings.push({ ...fields, ...more }) }),
    }
    queue = new MemoryQueue({}, adapterContext({ clock, logger }))
    await queue.open()
  })

  it('delivers within a microtask, but not inside publish', async () => {
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(textOf(delivery))
    })
    const published = queue.publish('t', body('m'))
    expect(received).toEqual([])
    await published
    expect(received).toEqual(['m'])
  })

  it('keeps a message for no group that subscribes later', async () => {
    await queue.publish('t', body('early'))
    const received: string[] = []
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(textOf(delivery))
    })
    await queue.publish('t', body('late'))
    expect(received).toEqual(['late'])
  })

  it('gives free subscribers of a group their turn', async () => {
    const received: string[] = []
    for (const name of ['a', 'b', 'c']) {
      await queue.subscribe('t', { group: 'g', concurrency: 10 }, () => {
        received.push(name)
      })
    }
    for (let index = 0; index < 6; index++) await queue.publish('t', body(`${index}`))
    expect(received.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('redelivers when redeliverAfterMs have passed on the injected clock, and says so in the log', async () => {
    const attempts: number[] = []
    const err = new Error('fails on purpose')
    await queue.subscribe('t', { group: 'g', concurrency: 1, redeliverAfterMs: 500 }, ({ attempt }) => {
      attempts.push(attempt)
      return Promise.reject(err)
    })
    await queue.publish('t', body('m'))
    await clock.advance(499)
    expect(attempts).toEqual([1])
    await clock.advance(1)
    expect(attempts).toEqual([1, 2])
    expect(warnings[0]).toEqual({ topic: 't', group: 'g', attempt: 1, redeliverAfterMs: 500, err })
  })

  it('waits a second before a redelivery unless told otherwise', async () => {
    let attempts = 0
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, () => {
      attempts++
      throw new Error('fails on purpose')
    })
    await queue.publish('t', body('m'))
    await clock.advance(999)
    expect(attempts).toBe(1)
    await clock.advance(1)
    expect(attempts).toBe(2)
  })

  it('leaves no timer behind when it closes and keeps the waiting time when it opens again', async () => {
    const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1000 }
    const first = await queue.subscribe('t', options, () => Promise.reject(new Error('fails on purpose')))
    await queue.publish('t', body('m'))
    await clock.advance(0)
    await first.close()
    await queue.close()
    expect(clock.nextDueMs).toBeUndefined()

    await clock.advance(400)
    await queue.open()
    const attempts: number[] = []
    await queue.subscribe('t', options, ({ attempt }) => {
      attempts.push(attempt)
    })
    await clock.advance(599)
    expect(attempts).toEqual([])
    await clock.advance(1)
    expect(attempts).toEqual([2])
  })

  it('lets handlers publish while it closes, but takes no new subscriptions', async () => {
    const received: string[] = []
    await queue.subscribe('answers', { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(textOf(delivery))
    })
    let refusal: unknown
    await queue.subscribe('t', { group: 'g', concurrency: 1 }, async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      const subscribing = queue.subscribe('t', { group: 'h', concurrency: 1 }, () => undefined)
      refusal = await subscribing.catch((error: unknown) => error)
      await queue.publish('answers', body('done'))
    })
    await queue.publish('t', body('m'))
    await clock.advance(0)
    await queue.close()
    expect(refusal).toMatchObject({ code: 'ERR_CLOSED' })

    await queue.open()
    await queue.subscribe('answers', { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(textOf(delivery))
    })
    await clock.advance(0)
    expect(received).toEqual(['done'])
  })

  it('opens only after a close that is under way', async () => {
    let release = (): void => undefined
    await queue.subscribe(
      't',
      { group: 'g', concurrency: 1 },
      () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    )
    await queue.publish('t', body('m'))
    await clock.advance(0)
    const order: string[] = []
    const closing = queue.close().then(() => order.push('closed'))
    const opening = queue.open().then(() => order.push('open'))
    release()
    await Promise.all([closing, opening])
    expect(order).toEqual(['closed', 'open'])
    expect(await queue.publish('t', body('m'))).toBeUndefined()
  })

  it('refuses an impossible bound with a message that names the option', () => {
    for (const maxBodyBytes of [0, -1, 1.5, Number.NaN]) {
      expect(() => new MemoryQueue({ maxBodyBytes })).toThrow(/option maxBodyBytes must be a positive integer/)
    }
  })

  it('is built by its adapter with the clock of the platform', async () => {
    const built = memoryQueue({ maxBodyBytes: 10 }).build(adapterContext({ clock }))
    expect(built.capabilities.maxBodyBytes).toBe(10)
  })
})
