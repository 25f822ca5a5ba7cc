import assert from 'node:assert/strict'
import type { Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { Semaphore, textBody, textOf, turns } from './queue-probe.ts'
import { refuses } from '../stores/store-subject.ts'

/** Opening, closing and wrong use. */
export const queueLifecycleCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.refuses-when-closed',
    async run(queue, context) {
      await queue.close()
      const topic = context.uniqueName
      await refuses('ERR_CLOSED', () => queue.publish(topic, textBody('m')))
      await refuses('ERR_CLOSED', () => queue.ensureTopic(topic))
      await refuses('ERR_CLOSED', () => queue.subscribe(topic, { group: 'g', concurrency: 1 }, () => undefined))
    },
  },
  {
    id: 'queue.opens-and-closes-repeatedly',
    async run(queue, context) {
      await Promise.all([queue.open(), queue.open()])
      await Promise.all([queue.close(), queue.close()])
      await queue.close()
      await Promise.all([queue.open(), queue.open()])
      const received: string[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('a message after opening again', context, () => received.length > 0)
      assert.deepEqual(received, ['m'])
    },
  },
  {
    id: 'queue.keeps-messages-over-closing-and-opening',
    async run(queue, context) {
      const topic = context.uniqueName
      const early = await queue.subscribe(topic, { group: 'g', concurrency: 1 }, () => undefined)
      await early.close()
      await queue.publish(topic, textBody('m'))
      await queue.close()
      await queue.open()
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await eventually('the message published before', context, () => received.length > 0)
      assert.deepEqual(received, ['m'])
    },
  },
  {
    id: 'queue.closing-a-subscription-waits-for-its-handlers',
    async run(queue, context) {
      const gate = new Semaphore()
      let signal: AbortSignal | undefined
      let ended = false
      try {
        const subscription = await queue.subscribe(
          context.uniqueName,
          { group: 'g', concurrency: 1 },
          async (delivery) => {
            signal = delivery.signal
            await gate.passed
            await turns()
            ended = true
          },
        )
        await queue.publish(context.uniqueName, textBody('m'))
        await eventually('the delivery', context, () => signal !== undefined)
        assert.equal(signal!.aborted, false, 'the signal was aborted before the subscription closed')
        let endedWhenClosed: boolean | undefined
        const closing = subscription.close().then(() => {
          endedWhenClosed = ended
        })
        await eventually('the abort of the delivery', context, () => signal!.aborted)
        await turns()
        gate.open()
        await closing
        assert.equal(endedWhenClosed, true, 'the subscription was closed while its handler still ran')
      } finally {
        gate.open()
      }
    },
  },
  {
    id: 'queue.closing-waits-for-handlers',
    async run(queue, context) {
      const gate = new Semaphore()
      let started = false
      let ended = false
      try {
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, async () => {
          started = true
          await gate.passed
          await turns()
          ended = true
        })
        await queue.publish(context.uniqueName, textBody('m'))
        await eventually('the delivery', context, () => started)
        let endedWhenClosed: boolean | undefined
        const closing = queue.close().then(() => {
          endedWhenClosed = ended
        })
        await turns()
        gate.open()
        await closing
        assert.equal(endedWhenClosed, true, 'the queue was closed while a handler still ran')
      } finally {
        gate.open()
      }
    },
  },
  {
    id: 'queue.closing-survives-failed-handlers',
    async run(queue, context) {
      const gate = new Semaphore()
      let started = 0
      const options = { group: 'g', concurrency: 2, redeliverAfterMs: context.patienceMs * 20 }
      try {
        await queue.subscribe(context.uniqueName, options, async (delivery) => {
          started++
          if (textOf(delivery) === 'late') await gate.passed
          throw new Error('fails on purpose')
        })
        await queue.publish(context.uniqueName, textBody('early'))
        await queue.publish(context.uniqueName, textBody('late'))
        await eventually('both deliveries', context, () => started >= 2)
        const closing = queue.close()
        gate.open()
        await closing
      } finally {
        gate.open()
      }
    },
  },
  {
    id: 'queue.refuses-impossible-subscriptions',
    async run(queue, context) {
      for (const options of [
        { group: 'g', concurrency: 0 },
        { group: 'g', concurrency: -1 },
        { group: 'g', concurrency: 1.5 },
        { group: '', concurrency: 1 },
      ]) {
        await assert.rejects(
          async () => queue.subscribe(context.uniqueName, options, () => undefined),
          TypeError,
          `accepted ${JSON.stringify(options)}`,
        )
      }
    },
  },
  {
    id: 'queue.ensures-topics-repeatedly',
    async run(queue, context) {
      const topic = context.uniqueName
      await queue.ensureTopic(topic, { retentionMs: 3_600_000, partitions: 1 })
      await queue.ensureTopic(topic, { retentionMs: 60_000 })
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await queue.publish(topic, textBody('m'))
      await queue.ensureTopic(topic)
      await eventually('the message', context, () => received.length > 0)
      assert.deepEqual(received, ['m'])
    },
  },
]
