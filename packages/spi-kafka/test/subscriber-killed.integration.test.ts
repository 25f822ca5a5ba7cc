import { beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { contentOf, openQueue, text, uniqueName } from './harness.ts'
import { buildPackage, spawnSubscriber } from './spawn-subscriber.ts'

const sessionTimeoutMs = 3_000

describeWith('kafka', 'a subscriber that is killed', (brokers) => {
  beforeAll(buildPackage, 120_000)

  it(
    'leaves its messages to another member, which sees which of them had been handed out',
    { timeout: 60_000 },
    async () => {
      const topic = uniqueName()
      const queue = await openQueue(brokers, { sessionTimeoutMs })
      const killed = spawnSubscriber(brokers, topic, 'g', { concurrency: 2, sessionTimeoutMs })
      await eventually('the subscription', () => killed.lines.includes('SUBSCRIBED'))
      // The second is acknowledged though the first is not; the third and fourth fill the places, the rest wait.
      for (const content of ['hold-1', 'quick-2', 'hold-3', 'quick-4', 'quick-5'])
        await queue.publish(topic, text(content))
      await eventually('two that are held', () => killed.lines.includes('GOT 1 hold-3'))
      // What it acknowledged is on record after `commitDelayMs`, and at the latest with the next that is handed out.
      await killed.kill()
      expect(killed.lines).toEqual(['SUBSCRIBED', 'GOT 1 hold-1', 'GOT 1 quick-2', 'GOT 1 hold-3'])

      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(`${delivery.attempt} ${contentOf(delivery)}`)
      })
      await eventually('what was left', () => received.length >= 4)
      await queue.publish(topic, text('last'))
      await eventually('the message after it', () => received.includes('1 last'))
      expect(received).toEqual(['2 hold-1', '2 hold-3', '1 quick-4', '1 quick-5', '1 last'])
    },
  )

  it('before its first message has secured the place of its group', { timeout: 60_000 }, async () => {
    const topic = uniqueName()
    const queue = await openQueue(brokers, { sessionTimeoutMs })
    await queue.publish(topic, text('before anybody subscribed'))
    const killed = spawnSubscriber(brokers, topic, 'g', { concurrency: 2, sessionTimeoutMs })
    await eventually('the subscription', () => killed.lines.includes('SUBSCRIBED'))
    await killed.kill()
    await queue.publish(topic, text('while nobody was there'))

    const received: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(`${delivery.attempt} ${contentOf(delivery)}`)
    })
    await eventually('the message', () => received.length >= 1)
    expect(received).toEqual(['1 while nobody was there'])
  })

  it('in the middle of a stream loses nothing', { timeout: 120_000 }, async () => {
    const topic = uniqueName()
    const queue = await openQueue(brokers, { sessionTimeoutMs })
    const first = spawnSubscriber(brokers, topic, 'g', { concurrency: 16, sessionTimeoutMs })
    await eventually('the first subscription', () => first.lines.includes('SUBSCRIBED'))
    const second = spawnSubscriber(brokers, topic, 'g', { concurrency: 16, sessionTimeoutMs })
    await eventually('the second subscription', () => second.lines.includes('SUBSCRIBED'))
    const sent = Array.from({ length: 5_000 }, (_, index) => `m${index}`)
    const publishing = (async () => {
      for (let at = 0; at < sent.length; at += 50) {
        await Promise.all(sent.slice(at, at + 50).map((content) => queue.publish(topic, text(content))))
      }
    })()
    await eventually('half of them', () => first.lines.length + second.lines.length > sent.length / 2)
    const busy = first.lines.length > second.lines.length ? first : second
    await busy.kill()
    await publishing
    const missing = (): string[] => {
      const got = new Set([...first.lines, ...second.lines].map((line) => line.split(' ')[2]))
      return sent.filter((content) => !got.has(content))
    }
    await eventually('all of them', () => missing().length === 0, 60_000).catch((error: unknown) => {
      throw new Error(`${missing().length} are missing; the second said: ${second.log.join('\n')}`, { cause: error })
    })
    // Only what was in handlers, or acknowledged within `commitDelayMs` before the end, may have come twice; whoever got
    // it then could tell.
    const fresh = [...first.lines, ...second.lines].filter((line) => line.startsWith('GOT 1'))
    expect(new Set(fresh).size).toBe(fresh.length)
    expect(first.lines.length + second.lines.length - 2 - sent.length).toBeLessThanOrEqual(500)
  })

  it('or only frozen for longer than its session starts nothing when it goes on', { timeout: 60_000 }, async () => {
    const topic = uniqueName()
    const queue = await openQueue(brokers, { sessionTimeoutMs })
    const frozen = spawnSubscriber(brokers, topic, 'g', { concurrency: 4, sessionTimeoutMs })
    await eventually('the subscription', () => frozen.lines.includes('SUBSCRIBED'))
    await queue.publish(topic, text('before'))
    await eventually('a first message', () => frozen.lines.includes('GOT 1 before'))
    const received: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 4 }, (delivery) => {
      received.push(`${delivery.attempt} ${contentOf(delivery)}`)
    })
    frozen.stop()
    const sent = Array.from({ length: 200 }, (_, index) => `m${index}`)
    for (const content of sent.slice(0, 100)) await queue.publish(topic, text(content))
    await eventually('the takeover', () => received.length > 0)
    frozen.resume()
    for (const content of sent.slice(100)) await queue.publish(topic, text(content))
    await eventually('all of them', () => received.length >= sent.length)
    expect(received).toEqual(sent.map((content) => `1 ${content}`))
    expect(frozen.lines).toEqual(['SUBSCRIBED', 'GOT 1 before'])
  })
})
