import assert from 'node:assert/strict'
import type { Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { Semaphore, series, textBody, textOf, turns } from './queue-probe.ts'

const LOAD_TIMEOUT_MS = 120_000

function unordered({ capabilities }: Queue): string | undefined {
  return capabilities.ordering === 'key' ? undefined : 'declares no ordering'
}

/** Order, concurrency and volume. */
export const queueOrderCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.keeps-the-order-of-a-key',
    skip: unordered,
    async run(queue, context) {
      const keys = series('key', 5)
      const received = new Map(keys.map((key): [string, string[]] => [key, []]))
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 8 }, async (delivery) => {
        const [key = '', text = ''] = textOf(delivery).split('/')
        // The even ones dawdle, so that an odd one would overtake if it were let go.
        if (Number(text) % 2 === 0) await turns()
        received.get(key)?.push(text)
      })
      for (const text of series('', 20)) {
        for (const key of keys) await queue.publish(context.uniqueName, textBody(`${key}/${text}`), { key })
      }
      for (const key of keys) {
        await eventually(`all messages of ${key}`, context, () => received.get(key)!.length >= 20)
        assert.deepEqual(received.get(key), series('', 20))
      }
    },
  },
  {
    id: 'queue.redelivery-keeps-the-order-of-a-key',
    skip: unordered,
    async run(queue, context) {
      const received: string[] = []
      const options = { group: 'g', concurrency: 4, redeliverAfterMs: 20 }
      await queue.subscribe(context.uniqueName, options, async (delivery) => {
        received.push(`${textOf(delivery)}#${delivery.attempt}`)
        if (textOf(delivery) === 'm1' && delivery.attempt === 1) throw new Error('fails on purpose')
      })
      for (const text of series('m', 4)) await queue.publish(context.uniqueName, textBody(text), { key: 'k' })
      await eventually('all messages', context, () => received.length >= 5)
      assert.deepEqual(received, ['m0#1', 'm1#1', 'm1#2', 'm2#1', 'm3#1'])
    },
  },
  {
    id: 'queue.respects-concurrency',
    async run(queue, context) {
      const gate = new Semaphore()
      let running = 0
      let most = 0
      let done = 0
      try {
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 3 }, async () => {
          most = Math.max(most, ++running)
          await gate.passed
          await turns()
          running--
          done++
        })
        for (const text of series('m', 12)) await queue.publish(context.uniqueName, textBody(text))
        await eventually('three handlers at once', context, () => running >= 3)
      } finally {
        gate.open()
      }
      await eventually('all messages', context, () => done >= 12)
      assert.equal(most, 3, `${most} handlers ran at once`)
    },
  },
  {
    id: 'queue.a-slow-group-holds-up-no-other',
    async run(queue, context) {
      const gate = new Semaphore()
      const received = { slow: [] as string[], quick: [] as string[] }
      const sent = series('m', 200)
      try {
        await queue.subscribe(context.uniqueName, { group: 'slow', concurrency: 1 }, async (delivery) => {
          await gate.passed
          received.slow.push(textOf(delivery))
        })
        await queue.subscribe(context.uniqueName, { group: 'quick', concurrency: 1 }, (delivery) => {
          received.quick.push(textOf(delivery))
        })
        for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
        await eventually('all in the quick group', context, () => received.quick.length >= sent.length)
        assert.deepEqual(received.slow, [], 'the slow handler was given up')
      } finally {
        gate.open()
      }
      await eventually('all in the slow group', context, () => received.slow.length >= sent.length)
      assert.deepEqual(new Set(received.slow), new Set(sent))
    },
  },
  {
    id: 'queue.carries-100000-messages',
    timeoutMs: LOAD_TIMEOUT_MS,
    async run(queue, context) {
      const keys = series('key', 100)
      const perKey = 1000
      const next = new Map(keys.map((key): [string, number] => [key, 0]))
      const disorder: string[] = []
      const missing = new Set<string>()
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 64 }, (delivery) => {
        const text = textOf(delivery)
        missing.delete(text)
        const [key = '', index = ''] = text.split('/')
        const expected = next.get(key)!
        if (Number(index) > expected) disorder.push(text)
        // A lower one is a duplicate, which at-least-once allows.
        if (Number(index) === expected) next.set(key, expected + 1)
      })
      const total = keys.length * perKey
      for (const key of keys) for (let index = 0; index < perKey; index++) missing.add(`${key}/${index}`)
      const publishing = Promise.all(
        keys.map(async (key) => {
          for (let index = 0; index < perKey; index++) {
            await queue.publish(context.uniqueName, textBody(`${key}/${index}`), { key })
          }
        }),
      )
      // However slow the backend, it must get on.
      while (missing.size > 0) {
        const before = missing.size
        await eventually(`more than ${total - before} messages`, context, () => missing.size < before)
      }
      await publishing
      if (queue.capabilities.ordering === 'key') assert.deepEqual(disorder.slice(0, 10), [])
    },
  },
]
