import assert from 'node:assert/strict'
import { PlatformError, SystemClock, type Clock, type Queue } from '@stemcell/core'
import { eventually, throughout, type ConformanceCase } from '../kit/conformance-case.ts'
import { Semaphore, series, textBody, textOf } from './queue-probe.ts'

const clock: Clock = new SystemClock()
const MANY = 32

/** Who holds how much and for how long. */
export const queueLeaseCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.runs-as-many-handlers-as-it-may',
    async run(queue, context) {
      const gate = new Semaphore()
      let running = 0
      try {
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: MANY }, async () => {
          running++
          await gate.passed
        })
        for (const text of series('m', MANY)) await queue.publish(context.uniqueName, textBody(text))
        await eventually(`${MANY} handlers at once`, context, () => running >= MANY)
      } finally {
        gate.open()
      }
    },
  },
  {
    id: 'queue.leaves-what-it-cannot-run-to-others',
    skip: ({ capabilities }) =>
      capabilities.ordering === 'key' && capabilities.durable
        ? 'a subscriber may own the partition of a key, and what is in it'
        : undefined,
    async run(queue, context) {
      const gate = new Semaphore()
      const holding: string[] = []
      const received: string[] = []
      const sent = series('m', 12)
      try {
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 2 }, async (delivery) => {
          holding.push(textOf(delivery))
          await gate.passed
        })
        for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
        await eventually('two handlers that hold on', context, () => holding.length >= 2)
        await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 4 }, (delivery) => {
          received.push(textOf(delivery))
        })
        await eventually('all others at the second subscriber', context, () => received.length >= sent.length - 2)
        assert.deepEqual(new Set([...holding, ...received]), new Set(sent))
      } finally {
        gate.open()
      }
    },
  },
  {
    id: 'queue.holds-on-to-a-message-as-long-as-its-handler-runs',
    needs: ['leaseMs'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1 }
      const gate = new Semaphore()
      const received: string[] = []
      let signal: AbortSignal | undefined
      const handler = (name: string) => async (delivery: { attempt: number; signal: AbortSignal }) => {
        received.push(`${name}${delivery.attempt}`)
        signal ??= delivery.signal
        await gate.passed
      }
      try {
        await queue.subscribe(topic, options, handler('first'))
        await queue.publish(topic, textBody('m'))
        await eventually('the delivery', context, () => received.length > 0)
        await queue.subscribe(topic, options, handler('second'))
        await throughout(2 * context.leaseMs, () => received.length > 1 || signal!.aborted)
        assert.deepEqual(received, ['first1'], 'given to another subscriber while its handler ran')
        assert.equal(signal!.aborted, false, 'the signal was aborted while nobody else had the message')
      } finally {
        gate.open()
      }
      await throughout(Math.min(context.idleMs, context.leaseMs), () => received.length > 1)
      assert.deepEqual(received, ['first1'], 'delivered again though its handler was fulfilled')
    },
  },
  {
    id: 'queue.invents-nothing-while-idle',
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 2, redeliverAfterMs: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await queue.publish(topic, textBody('m'))
      await eventually('the message', context, () => received.length > 0)
      await throughout(context.idleMs, () => received.length > 1)
      assert.deepEqual(received, ['m'], 'something was delivered that nobody had published')
      await queue.publish(topic, textBody('n'))
      await eventually('the message after it', context, () => received.includes('n'))
      assert.deepEqual(received, ['m', 'n'])
    },
  },
  {
    id: 'queue.waits-before-redelivering-what-was-released',
    async run(queue, context) {
      const times: number[] = []
      const redeliverAfterMs = 150
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1, redeliverAfterMs }, async () => {
        times.push(clock.monotonic())
        if (times.length === 1) throw new PlatformError('ERR_RELEASED', 'nothing was done')
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the second delivery', context, () => times.length >= 2)
      const waitedMs = times[1]! - times[0]!
      assert.ok(waitedMs >= redeliverAfterMs - 5, `delivered again after ${waitedMs} ms`)
    },
  },
  {
    id: 'queue.keeps-what-was-rejected-over-closing-and-opening',
    async run(queue, context) {
      const topic = context.uniqueName
      const options = { group: 'g', concurrency: 1, redeliverAfterMs: 100 }
      let rejected = false
      await queue.subscribe(topic, options, async () => {
        rejected = true
        throw new Error('fails on purpose')
      })
      await queue.publish(topic, textBody('m'))
      await eventually('the first delivery', context, () => rejected)
      await queue.close()
      await queue.open()
      const received: string[] = []
      await queue.subscribe(topic, options, (delivery) => {
        received.push(`${textOf(delivery)}${Math.min(delivery.attempt, 2)}`)
      })
      await eventually('the second delivery', context, () => received.length > 0)
      assert.deepEqual(received, ['m2'])
    },
  },
  {
    id: 'queue.a-group-begins-when-it-subscribes',
    async run(queue, context) {
      const topic = context.uniqueName
      await queue.ensureTopic(topic)
      await queue.subscribe(topic, { group: 'early', concurrency: 1 }, () => undefined)
      await queue.publish(topic, textBody('before'))
      const received: string[] = []
      await queue.subscribe(topic, { group: 'late', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await queue.publish(topic, textBody('after'))
      await eventually('the message after it', context, () => received.includes('after'))
      assert.deepEqual(received, ['after'], 'a group got what was published before it began')
    },
  },
]
