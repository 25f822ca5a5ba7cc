import assert from 'node:assert/strict'
import { bytesBody, type MessageBody, type Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { series, textBody, textOf } from './queue-probe.ts'
import { refuses } from '../stores/store-subject.ts'

const KIB = 1024
const MIB = KIB * KIB

/** Who gets which message, and that it arrives as it was sent. */
export const queueDeliveryCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.calls-nobody-before-publishing-returned',
    async run(queue, context) {
      const events: string[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, (delivery) => {
        events.push(textOf(delivery))
      })
      const published = queue.publish(context.uniqueName, textBody('delivered'))
      events.push('returned')
      await published
      await eventually('the message', context, () => events.length > 1)
      assert.deepEqual(events, ['returned', 'delivered'])
    },
  },
  {
    id: 'queue.delivers-equal-bytes',
    async run(queue, context) {
      const sent = [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, index) => index), Buffer.from('{"a":"ü"}')]
      const received: Uint8Array[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, ({ body }) => {
        received.push(body.bytes())
      })
      for (const bytes of sent) await queue.publish(context.uniqueName, bytesBody(bytes))
      await eventually('all bodies', context, () => received.length >= sent.length)
      const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
      assert.deepEqual(received.map(hex).sort(), sent.map(hex).sort())
    },
  },
  {
    id: 'queue.carries-large-bodies',
    async run(queue, context) {
      const size = Math.min(MIB, queue.capabilities.maxBodyBytes)
      const received: Uint8Array[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, ({ body }) => {
        received.push(body.bytes())
      })
      for (let fill = 1; fill <= 5; fill++) {
        await queue.publish(context.uniqueName, bytesBody(new Uint8Array(size).fill(fill)))
      }
      await eventually('five large bodies', context, () => received.length >= 5)
      assert.deepEqual(new Set(received.map((bytes) => bytes[0])), new Set([1, 2, 3, 4, 5]))
      for (const bytes of received) assert.ok(bytes.length === size && bytes.every((byte) => byte === bytes[0]))
    },
  },
  {
    id: 'queue.refuses-too-large-bodies',
    skip: ({ capabilities }) =>
      capabilities.maxBodyBytes > 64 * MIB ? 'declares no bound on bodies that could be tried' : undefined,
    async run(queue, context) {
      const received: number[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, ({ body }) => {
        received.push(body.bytes().length)
      })
      const tooLarge = bytesBody(new Uint8Array(queue.capabilities.maxBodyBytes + 1))
      await refuses('ERR_TOO_LARGE', () => queue.publish(context.uniqueName, tooLarge))
      await queue.publish(context.uniqueName, textBody('end'))
      await eventually('the message after it', context, () => received.includes(3))
      assert.deepEqual(received, [3], 'the refused body was delivered')
    },
  },
  {
    id: 'queue.hands-over-by-reference',
    skip: ({ capabilities }) => (capabilities.byReference ? undefined : 'does not declare byReference'),
    async run(queue, context) {
      let measured = 0
      const body: MessageBody = {
        bytes: () => {
          measured++
          return new Uint8Array(1)
        },
      }
      const received: MessageBody[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(delivery.body)
      })
      await queue.publish(context.uniqueName, body)
      await eventually('the message', context, () => received.length > 0)
      assert.equal(received[0], body)
      if (queue.capabilities.maxBodyBytes === Number.MAX_SAFE_INTEGER) {
        assert.equal(measured, 0, 'a body was serialised though nobody asked for its bytes')
      }
    },
  },
  {
    id: 'queue.every-group-sees-every-message',
    async run(queue, context) {
      const received = { a: [] as string[], b: [] as string[], c: [] as string[] }
      for (const group of ['a', 'b', 'c'] as const) {
        await queue.subscribe(context.uniqueName, { group, concurrency: 2 }, (delivery) => {
          received[group].push(textOf(delivery))
        })
      }
      const sent = series('m', 20)
      for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
      for (const group of ['a', 'b', 'c'] as const) {
        await eventually(`all messages in group ${group}`, context, () => received[group].length >= sent.length)
        assert.deepEqual(new Set(received[group]), new Set(sent))
      }
    },
  },
  {
    id: 'queue.one-subscriber-of-a-group-gets-a-message',
    async run(queue, context) {
      const received: string[] = []
      for (let subscriber = 0; subscriber < 3; subscriber++) {
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 4 }, (delivery) => {
          received.push(textOf(delivery))
        })
      }
      const sent = series('m', 300)
      for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
      await eventually('all messages', context, () => new Set(received).size >= sent.length)
      await queue.publish(context.uniqueName, textBody('end'))
      await eventually('the last message', context, () => received.includes('end'))
      assert.equal(received.length, sent.length + 1, 'a message was given to two subscribers of one group')
    },
  },
  {
    id: 'queue.topics-are-separate',
    async run(queue, context) {
      const received: string[] = []
      for (const topic of ['a', 'b']) {
        await queue.subscribe(`${context.uniqueName}-${topic}`, { group: 'g', concurrency: 1 }, (delivery) => {
          received.push(`${topic}:${textOf(delivery)}`)
        })
      }
      for (const text of ['1', '2']) {
        for (const topic of ['a', 'b']) await queue.publish(`${context.uniqueName}-${topic}`, textBody(topic + text))
      }
      await eventually('all messages', context, () => received.length >= 4)
      assert.deepEqual(received.sort(), ['a:a1', 'a:a2', 'b:b1', 'b:b2'])
    },
  },
  {
    id: 'queue.keeps-messages-while-the-group-is-away',
    async run(queue, context) {
      const topic = context.uniqueName
      const early = await queue.subscribe(topic, { group: 'g', concurrency: 1 }, () => undefined)
      await early.close()
      const sent = series('m', 10)
      for (const text of sent) await queue.publish(topic, textBody(text))
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await eventually('the messages published meanwhile', context, () => received.length >= sent.length)
      assert.deepEqual(new Set(received), new Set(sent))
    },
  },
  {
    id: 'queue.acknowledged-messages-stay-away',
    async run(queue, context) {
      const topic = context.uniqueName
      const received: string[] = []
      const collect = async (): Promise<void> => {
        const subscription = await queue.subscribe(topic, { group: 'g', concurrency: 1 }, async (delivery) => {
          received.push(textOf(delivery))
        })
        const expected = received.length + 1
        await queue.publish(topic, textBody(`m${expected}`))
        await eventually(`message ${expected}`, context, () => received.includes(`m${expected}`))
        await subscription.close()
      }
      await collect()
      await collect()
      await queue.close()
      await queue.open()
      await collect()
      assert.deepEqual(received, ['m1', 'm2', 'm3'])
    },
  },
  {
    id: 'queue.a-closed-subscription-gets-nothing',
    async run(queue, context) {
      const topic = context.uniqueName
      const received: string[] = []
      const subscribe = (name: string): ReturnType<Queue['subscribe']> =>
        queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
          received.push(`${name}:${textOf(delivery)}`)
        })
      const first = await subscribe('first')
      await queue.publish(topic, textBody('m0'))
      await eventually('the first message', context, () => received.length > 0)
      await first.close()
      await first.close()
      await subscribe('second')
      const sent = series('n', 10)
      for (const text of sent) await queue.publish(topic, textBody(text))
      await eventually('the later messages', context, () => received.length > sent.length)
      assert.deepEqual(new Set(received), new Set(['first:m0', ...sent.map((text) => `second:${text}`)]))
    },
  },
]
