import { isPlatformError } from '@stemcell/core'
import { expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { contentOf, openQueue, text, uniqueName } from './harness.ts'
import { ownBroker } from './own-broker.ts'

describeWith('kafka', 'a broker that goes away and comes back', () => {
  it('under load costs no message, and says so meanwhile', { timeout: 180_000 }, async () => {
    const broker = await ownBroker()
    const topic = uniqueName()
    const queue = await openQueue(broker.address, { publishTimeoutMs: 120_000 })
    const received = new Set<string>()
    await queue.subscribe(topic, { group: 'g', concurrency: 32 }, async (delivery) => {
      await new Promise((resolve) => setImmediate(resolve))
      received.add(contentOf(delivery))
    })
    expect(queue.health()).toMatchObject({ publishing: 'up', subscriptions: [{ topic, state: 'up', partitions: [0] }] })

    const accepted = new Set<string>()
    const refused: string[] = []
    let stop = false
    const publishers = Array.from({ length: 8 }, async (_, publisher) => {
      for (let index = 0; !stop; index++) {
        const content = `${publisher}/${index}`
        try {
          await queue.publish(topic, text(content))
          accepted.add(content)
        } catch (error) {
          if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
          refused.push(content)
        }
      }
    })
    for (let restart = 0; restart < 2; restart++) {
      const before = accepted.size
      await eventually('messages under way', () => accepted.size > before + 500)
      await broker.stop()
      await eventually('word that the broker is gone', () => queue.health().publishing === 'retrying')
      await broker.start()
      await eventually('publishing goes on', () => queue.health().publishing === 'up', 60_000)
    }
    const before = accepted.size
    await eventually('messages after the last restart', () => accepted.size > before + 500)
    stop = true
    await Promise.all(publishers)
    await eventually('every accepted message', () => [...accepted].every((content) => received.has(content)), 60_000)
    expect(queue.health().subscriptions).toMatchObject([{ state: 'up', running: 0 }])
    // Only those whose request was under way when the broker went: at most one batch per restart.
    expect(refused.length).toBeLessThanOrEqual(2 * publishers.length)
  })

  it('for longer than kafkajs waits is joined again', { timeout: 180_000 }, async () => {
    const broker = await ownBroker()
    const topic = uniqueName()
    const queue = await openQueue(broker.address, { sessionTimeoutMs: 6_000 })
    const received: string[] = []
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const aborted: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 2 }, async (delivery) => {
      received.push(contentOf(delivery))
      delivery.signal.addEventListener('abort', () => aborted.push(contentOf(delivery)))
      if (contentOf(delivery) === 'long') await held
    })
    await queue.publish(topic, text('long'))
    await queue.publish(topic, text('short'))
    await eventually('both messages', () => received.length === 2)
    await broker.stop()
    await eventually('the end of the session', () => queue.health().subscriptions[0]?.state === 'joining', 60_000)
    await expect(queue.publish(topic, text('into the void'))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await broker.start()
    await eventually('the next session', () => queue.health().subscriptions[0]?.state === 'up', 60_000)
    await queue.publish(topic, text('after'))
    await eventually('the message after it', () => received.includes('after'))
    // Nobody else had the partition: the handler that ran all the time keeps its message.
    expect(received.filter((content) => content === 'long')).toEqual(['long'])
    expect(aborted).toEqual([])
    letGo()
    await eventually('the acknowledgement', () => queue.health().subscriptions[0]?.held === 0)
  })

  it('does not keep a queue from closing', { timeout: 90_000 }, async () => {
    const broker = await ownBroker()
    const queue = await openQueue(broker.address)
    await queue.subscribe(uniqueName(), { group: 'g', concurrency: 1 }, () => undefined)
    await broker.stop()
    const started = performance.now()
    await queue.close()
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
