import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { contentOf, openQueue, text, uniqueName } from './harness.ts'

describeWith('kafka', 'topics on Kafka', (brokers) => {
  async function openAdmin() {
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    return admin
  }

  it('are made with the settings that were asked for, and then left as they are', async () => {
    const [queue, admin] = await Promise.all([openQueue(brokers), openAdmin()])
    const name = uniqueName()
    await queue.ensureTopic(name, {
      retentionMs: 3_600_000,
      retentionBytes: 1_073_741_824,
      segmentBytes: 536_870_912,
      maxBodyBytes: 20_000,
      partitions: 3,
    })
    const others = await openQueue(brokers)
    await others.ensureTopic(name, { retentionMs: 60_000, partitions: 5 })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    })
    const settings = new Map(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]))
    expect(settings.get('retention.ms')).toBe('3600000')
    expect(settings.get('retention.bytes')).toBe('1073741824')
    expect(settings.get('segment.bytes')).toBe('536870912')
    expect(Number(settings.get('max.message.bytes'))).toBeGreaterThan(20_000)
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    expect(topics[0]!.partitions).toHaveLength(3)
  })

  it('refuse bodies above their own bound, though the queue takes larger ones', async () => {
    const queue = await openQueue(brokers)
    const topic = uniqueName()
    await queue.ensureTopic(topic, { maxBodyBytes: 10_000 })
    const received: number[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 4 }, ({ body }) => {
      received.push(body.bytes().length)
    })
    const outcomes = await Promise.allSettled(
      [10_000, 50_000, 9_000, 60_000, 8_000].map((size) => queue.publish(topic, text('x'.repeat(size)))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_TOO_LARGE' })
    }
    await eventually('the others', () => received.length >= 3)
    expect(received).toEqual([10_000, 9_000, 8_000])
  })

  it('that are to take more than the queue does are a mistake in its options', async () => {
    const queue = await openQueue(brokers, { maxBodyBytes: 1000 })
    await expect(queue.ensureTopic(uniqueName(), { maxBodyBytes: 1001 })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining("option 'maxBodyBytes'"),
    })
  })

  it('that Kafka refuses to make are a mistake in the options', async () => {
    const queue = await openQueue(brokers, { replicationFactor: 7 })
    await expect(queue.ensureTopic(uniqueName())).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await expect(queue.publish(uniqueName(), text('m'))).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it('carry their prefix, as do groups', async () => {
    const [queue, admin] = await Promise.all([
      openQueue(brokers, { topicPrefix: 'acme.', acks: 'leader' }),
      openAdmin(),
    ])
    const topic = uniqueName()
    const received: string[] = []
    await queue.subscribe(topic, { group: topic, concurrency: 1 }, (delivery) => {
      received.push(contentOf(delivery))
    })
    await queue.publish(topic, text('m'))
    await eventually('the message', () => received.length > 0)
    expect(await admin.listTopics()).toContain(`acme.${topic}`)
    const { groups } = await admin.listGroups()
    expect(groups.map(({ groupId }) => groupId)).toContain(`acme.${topic}`)
  })

  it('that are removed while they are used disturb no other, and are made again', { timeout: 60_000 }, async () => {
    const [queue, admin] = await Promise.all([openQueue(brokers), openAdmin()])
    const [removed, other] = [uniqueName(), uniqueName()]
    const received: string[] = []
    for (const topic of [removed, other]) {
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(contentOf(delivery))
      })
      await queue.publish(topic, text(`first of ${topic}`))
    }
    await eventually('a message of each', () => received.length === 2)
    await admin.deleteTopics({ topics: [removed] })
    await queue.publish(removed, text('second of the removed'))
    await queue.publish(other, text('second of the other'))
    await eventually('another message of the other', () => received.includes('second of the other'))
    await eventually('messages of the one made again', async () => {
      await queue.publish(removed, text('later of the removed'))
      return received.includes('later of the removed')
    })
  })

  it('whose log was cut off in front of an absent group go on with what is left', async () => {
    const [queue, admin] = await Promise.all([openQueue(brokers), openAdmin()])
    const topic = uniqueName()
    const early = await queue.subscribe(topic, { group: 'g', concurrency: 1 }, () => undefined)
    await early.close()
    for (let index = 0; index < 10; index++) await queue.publish(topic, text(`m${index}`))
    // kafkajs looks up the leader among the topics that it was asked for before.
    expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ low: '0', high: '10' }])
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
    const received: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(contentOf(delivery))
    })
    await eventually('what is left', () => received.length >= 4)
    await queue.publish(topic, text('next'))
    await eventually('the next message', () => received.includes('next'))
    expect(received).toEqual(['m6', 'm7', 'm8', 'm9', 'next'])
  })

  it('that get more partitions are read from the beginning of these, by a group that was there before', async () => {
    const [queue, admin] = await Promise.all([openQueue(brokers), openAdmin()])
    const topic = uniqueName()
    const early = await queue.subscribe(topic, { group: 'g', concurrency: 1 }, () => undefined)
    await early.close()
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
    const others = await openQueue(brokers)
    const sent = Array.from({ length: 40 }, (_, index) => `m${index}`)
    for (const content of sent) await others.publish(topic, text(content), { key: content })
    const received: string[] = []
    await others.subscribe(topic, { group: 'g', concurrency: 4 }, (delivery) => {
      received.push(contentOf(delivery))
    })
    await eventually('all of them', () => received.length >= sent.length)
    expect(received.sort()).toEqual(sent.sort())
  })

  it('carry fifty bodies of a mebibyte unharmed', { timeout: 60_000 }, async () => {
    const queue = await openQueue(brokers)
    const topic = uniqueName()
    const received = new Map<number, number>()
    const size = 1_048_576
    await queue.subscribe(topic, { group: 'g', concurrency: 4 }, ({ body }) => {
      const bytes = body.bytes()
      const whole = bytes.length === size && bytes.every((byte) => byte === bytes[0])
      if (whole) received.set(bytes[0]!, (received.get(bytes[0]!) ?? 0) + 1)
    })
    const fills = Array.from({ length: 50 }, (_, index) => index + 1)
    await Promise.all(fills.map((fill) => queue.publish(topic, { bytes: () => new Uint8Array(size).fill(fill) })))
    await eventually('all of them', () => received.size === fills.length, 30_000)
    expect([...received.values()].every((times) => times === 1)).toBe(true)
  })
})
