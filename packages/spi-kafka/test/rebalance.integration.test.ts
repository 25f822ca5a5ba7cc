import { expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { contentOf, openQueue, text, uniqueName } from './harness.ts'

const keys = Array.from({ length: 40 }, (_, index) => `key${index}`)

describeWith('kafka', 'a group of several members', (brokers) => {
  it('loses nothing and keeps the order of keys while members come and go', { timeout: 120_000 }, async () => {
    const topic = uniqueName()
    const publisher = await openQueue(brokers)
    await publisher.ensureTopic(topic, { partitions: 4 })
    const received = new Map(keys.map((key): [string, number[]] => [key, []]))
    const perMember: number[] = []
    const join = async () => {
      const queue = await openQueue(brokers)
      const member = perMember.push(0) - 1
      return queue.subscribe(topic, { group: 'g', concurrency: 8 }, async (delivery) => {
        const [key = '', index = ''] = contentOf(delivery).split('/')
        perMember[member]!++
        await new Promise((resolve) => setImmediate(resolve))
        received.get(key)!.push(Number(index))
      })
    }
    const members = [await join()]
    let published = 0
    let stop = false
    const publishing = Promise.all(
      keys.map(async (key) => {
        let index = 0
        for (; !stop; index++, published++) await publisher.publish(topic, text(`${key}/${index}`), { key })
        return index
      }),
    )
    const more = async (): Promise<void> => {
      const before = published
      await eventually('a thousand messages', () => published > before + 1000)
    }
    await more()
    members.push(await join())
    await more()
    members.push(await join())
    await more()
    await members[0]!.close()
    await more()
    await members[1]!.close()
    await more()
    stop = true
    const counts = await publishing
    for (const [at, key] of keys.entries()) {
      const complete = (): boolean => new Set(received.get(key)).size === counts[at]
      await eventually(`all messages of ${key}`, complete, 60_000)
      const firsts = received.get(key)!.filter((index, place, all) => all.indexOf(index) === place)
      expect(firsts, key).toEqual(Array.from({ length: counts[at]! }, (_, index) => index))
    }
    expect(
      perMember.every((count) => count > 0),
      `handled per member: ${perMember.join(', ')}`,
    ).toBe(true)
  })

  it(
    'hands out a message again only when its partition moves, and then aborts its signal',
    { timeout: 60_000 },
    async () => {
      const topic = uniqueName()
      const [first, second] = [await openQueue(brokers), await openQueue(brokers)]
      await first.ensureTopic(topic, { partitions: 2 })
      const started: string[] = []
      const aborted: string[] = []
      let letGo: () => void = () => undefined
      const held = new Promise<void>((resolve) => (letGo = resolve))
      await first.subscribe(topic, { group: 'g', concurrency: 8 }, async (delivery) => {
        started.push(`first ${delivery.attempt} ${contentOf(delivery)}`)
        delivery.signal.addEventListener('abort', () => aborted.push(contentOf(delivery)), { once: true })
        await held
      })
      // One for each partition.
      await first.publish(topic, text('a'))
      await first.publish(topic, text('b'))
      await eventually('both messages', () => started.length === 2)
      await second.subscribe(topic, { group: 'g', concurrency: 8 }, (delivery) => {
        started.push(`second ${delivery.attempt} ${contentOf(delivery)}`)
      })
      await eventually('the message of the partition that moved', () => started.length === 3)
      expect(aborted).toHaveLength(1)
      expect(started[2]).toBe(`second 2 ${aborted[0]}`)
      letGo()
      await eventually('the other message', () => first.health().subscriptions[0]?.held === 0)
    },
  )

  it('leaves a busy partition where it is when there is none for the newcomer', { timeout: 60_000 }, async () => {
    const topic = uniqueName()
    const [first, second] = [await openQueue(brokers), await openQueue(brokers)]
    const started: string[] = []
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const subscription = await first.subscribe(topic, { group: 'g', concurrency: 8 }, async ({ signal }) => {
      started.push('first')
      await held
      started.push(signal.aborted ? 'aborted' : 'kept')
    })
    await first.publish(topic, text('m'))
    await eventually('the message', () => started.length === 1)
    const standby = await second.subscribe(topic, { group: 'g', concurrency: 8 }, (delivery) => {
      started.push(`second ${contentOf(delivery)}`)
    })
    expect(second.health().subscriptions[0]?.partitions).toEqual([])
    letGo()
    await eventually('the end of the handler', () => started.length === 2)
    await subscription.close()
    await eventually('the takeover', () => second.health().subscriptions[0]?.partitions.length === 1)
    await second.publish(topic, text('n'))
    await eventually('the next message', () => started.length === 3)
    expect(started).toEqual(['first', 'kept', 'second n'])
    await standby.close()
  })

  it('keeps a member whose handler takes longer than the session', { timeout: 60_000 }, async () => {
    const topic = uniqueName()
    const sessionTimeoutMs = 2_000
    const queue = await openQueue(brokers, { sessionTimeoutMs })
    const started: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 1 }, async (delivery) => {
      const startedMs = performance.now()
      started.push(contentOf(delivery))
      if (contentOf(delivery) !== 'slow') return
      await eventually('twice the session', () => performance.now() - startedMs > 2 * sessionTimeoutMs)
      expect(delivery.signal.aborted).toBe(false)
    })
    for (const content of ['slow', 'behind', 'last']) await queue.publish(topic, text(content))
    await eventually('the last message', () => started.includes('last'))
    expect(started).toEqual(['slow', 'behind', 'last'])
  })
})
