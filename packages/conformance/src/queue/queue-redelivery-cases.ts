import assert from 'node:assert/strict'
import { PlatformError, SystemClock, type Clock, type Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { series, textBody, textOf } from './queue-probe.ts'

const clock: Clock = new SystemClock()

/** What becomes of a message whose handler fails. */
export const queueRedeliveryCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.redelivers-after-rejection',
    async run(queue, context) {
      const attempts: number[] = []
      await queue.subscribe(
        context.uniqueName,
        { group: 'g', concurrency: 1, redeliverAfterMs: 1 },
        async ({ attempt }) => {
          attempts.push(attempt)
          if (attempt < 3) throw new Error('fails on purpose')
        },
      )
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the third attempt', context, () => attempts.length >= 3)
      await queue.publish(context.uniqueName, textBody('n'))
      await eventually('the next message', context, () => attempts.length >= 4)
      assert.deepEqual(attempts.slice(0, 3), [1, 2, 3])
    },
  },
  {
    id: 'queue.redelivers-after-a-synchronous-throw',
    async run(queue, context) {
      const attempts: number[] = []
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1, redeliverAfterMs: 1 }, ({ attempt }) => {
        attempts.push(attempt)
        if (attempt === 1) throw new Error('fails on purpose')
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the second attempt', context, () => attempts.length >= 2)
      assert.deepEqual(attempts, [1, 2])
    },
  },
  {
    id: 'queue.does-not-count-what-was-released',
    async run(queue, context) {
      const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1 }
      const attempts: number[] = []
      const first = await queue.subscribe(context.uniqueName, options, ({ attempt, signal }) => {
        attempts.push(attempt)
        if (attempts.length === 2) throw new Error('fails on purpose')
        const released = new PlatformError('ERR_RELEASED', 'nothing was done')
        if (attempts.length < 4) throw released
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(released), { once: true })
        })
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the fourth delivery', context, () => attempts.length >= 4)
      assert.deepEqual(attempts, [1, 1, 2, 2])
      await queue.publish(context.uniqueName, textBody('n'))
      await first.close()
      const left: string[] = []
      await queue.subscribe(context.uniqueName, options, (delivery) => {
        left.push(`${textOf(delivery)}${delivery.attempt}`)
      })
      await eventually('delivery to another subscriber', context, () => left.length >= 2)
      assert.deepEqual(left.sort(), ['m2', 'n1'])
    },
  },
  {
    id: 'queue.redelivers-what-is-repeatable',
    async run(queue, context) {
      const options = { group: 'g', concurrency: 2, redeliverAfterMs: 1, repeatable: true }
      const received: string[] = []
      const first = await queue.subscribe(context.uniqueName, options, async (delivery) => {
        received.push(`${textOf(delivery)}${delivery.attempt}`)
        if (textOf(delivery) === 'late' || delivery.attempt === 1) throw new Error('fails on purpose')
      })
      for (const text of ['m', 'n', 'late']) await queue.publish(context.uniqueName, textBody(text))
      const seen = (...names: string[]): boolean => names.every((name) => received.includes(name))
      await eventually('second attempts', context, () => seen('m2', 'n2', 'late2'))
      await first.close()
      const left: string[] = []
      await queue.subscribe(context.uniqueName, options, (delivery) => {
        left.push(textOf(delivery))
      })
      await eventually('delivery to another subscriber', context, () => left.length > 0)
      assert.deepEqual(left, ['late'])
    },
  },
  {
    id: 'queue.waits-before-redelivery',
    async run(queue, context) {
      const times: number[] = []
      const redeliverAfterMs = 150
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1, redeliverAfterMs }, async () => {
        times.push(clock.monotonic())
        if (times.length === 1) throw new Error('fails on purpose')
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the second attempt', context, () => times.length >= 2)
      const waitedMs = times[1]! - times[0]!
      // Backends count in whole milliseconds, some of them on another clock.
      assert.ok(waitedMs >= redeliverAfterMs - 5, `delivered again after ${waitedMs} ms`)
    },
  },
  {
    id: 'queue.redelivery-holds-up-nothing-behind',
    async run(queue, context) {
      const received: string[] = []
      // Far beyond the patience: the others must come while the first is still waiting.
      const redeliverAfterMs = context.patienceMs * 20
      await queue.subscribe(context.uniqueName, { group: 'g', concurrency: 1, redeliverAfterMs }, async (delivery) => {
        received.push(textOf(delivery))
        if (textOf(delivery) === 'bad') throw new Error('fails on purpose')
      })
      await queue.publish(context.uniqueName, textBody('bad'))
      const sent = series('m', 20)
      for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
      await eventually('the messages behind', context, () => received.length > sent.length)
      assert.deepEqual(new Set(received), new Set(['bad', ...sent]))
    },
  },
  {
    id: 'queue.survives-a-poison-message',
    async run(queue, context) {
      const attempts: number[] = []
      const received: string[] = []
      const options = { group: 'g', concurrency: 2, redeliverAfterMs: 1 }
      const subscription = await queue.subscribe(context.uniqueName, options, async (delivery) => {
        if (textOf(delivery) !== 'poison') {
          received.push(textOf(delivery))
          return
        }
        attempts.push(delivery.attempt)
        throw new Error('fails on purpose')
      })
      await queue.publish(context.uniqueName, textBody('poison'))
      const sent = series('m', 50)
      for (const text of sent) await queue.publish(context.uniqueName, textBody(text))
      await eventually('the good messages', context, () => received.length >= sent.length)
      await eventually('the fifth attempt', context, () => attempts.length >= 5)
      await subscription.close()
      assert.deepEqual(attempts.slice(0, 5), [1, 2, 3, 4, 5])
      assert.deepEqual(new Set(received), new Set(sent))
    },
  },
  {
    id: 'queue.returns-unfinished-messages',
    async run(queue, context) {
      const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1 }
      let started = false
      const first = await queue.subscribe(context.uniqueName, options, ({ signal }) => {
        started = true
        return new Promise((_resolve, reject) => {
          const giveUp = (): void => reject(new Error('stopped on purpose'))
          if (signal.aborted) giveUp()
          else signal.addEventListener('abort', giveUp, { once: true })
        })
      })
      await queue.publish(context.uniqueName, textBody('m'))
      await eventually('the first delivery', context, () => started)
      const received: string[] = []
      await first.close()
      await queue.subscribe(context.uniqueName, options, (delivery) => {
        received.push(textOf(delivery))
      })
      await eventually('delivery to another subscriber', context, () => received.length > 0)
      assert.deepEqual(received, ['m'])
    },
  },
]
