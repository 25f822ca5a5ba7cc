import assert from 'node:assert/strict'
import { PlatformError, type Queue } from '@stemcell/core'
import { eventually, soon, throughout, whileCutOff, type ConformanceCase } from '../kit/conformance-case.ts'
import { Semaphore, textBody, textOf } from './queue-probe.ts'

/** What becomes of calls and messages when the backend is out of reach. */
export const queueOutageCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.publishes-nothing-that-was-not-accepted',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      await queue.publish(topic, textBody('before'))
      await eventually('a message before the outage', context, () => received.includes('before'))
      const outcome = await whileCutOff(context, 'publish', () => queue.publish(topic, textBody('meanwhile')))
      await soon('publishing after the outage', context, () => queue.publish(topic, textBody('after')))
      await eventually('a message after the outage', context, () => received.includes('after'))
      if (outcome === 'fulfilled') {
        await eventually('the message of the outage', context, () => received.includes('meanwhile'))
      }
    },
  },
  {
    id: 'queue.ensures-no-topic-without-its-backend',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      await whileCutOff(context, 'ensureTopic', () => queue.ensureTopic(topic))
      await soon('ensuring it after the outage', context, () => queue.ensureTopic(topic))
    },
  },
  {
    id: 'queue.subscribes-nobody-without-its-backend',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      await queue.ensureTopic(topic)
      const received: string[] = []
      const subscribe = (): Promise<unknown> =>
        queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
          received.push(textOf(delivery))
        })
      const outcome = await whileCutOff(context, 'subscribe', subscribe)
      if (outcome === 'rejected') await soon('subscribing after the outage', context, subscribe)
      await queue.publish(topic, textBody('m'))
      await eventually('a message', context, () => received.length > 0)
      assert.deepEqual(received, ['m'])
    },
  },
  {
    id: 'queue.opening-says-when-its-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(queue, context) {
      await queue.close()
      await whileCutOff(context, 'open', () => queue.open())
      await soon('opening after the outage', context, () => queue.open())
      await soon('publishing', context, () => queue.publish(context.uniqueName, textBody('m')))
    },
  },
  {
    id: 'queue.redelivers-what-was-acknowledged-too-late',
    needs: ['disrupt', 'restore', 'another', 'leaseMs'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      const options = { group: 'g', concurrency: 1, redeliverAfterMs: 1 }
      const gate = new Semaphore()
      const received: string[] = []
      let signal: AbortSignal | undefined
      try {
        await queue.subscribe(topic, options, async (delivery) => {
          if (signal) return
          signal = delivery.signal
          await gate.passed
          throw new PlatformError('ERR_RELEASED', 'nothing was done')
        })
        const other = await context.another()
        await other.publish(topic, textBody('m'))
        await eventually('the first delivery', context, () => signal !== undefined)
        await context.disrupt()
        await other.subscribe(topic, options, (delivery) => {
          received.push(`${textOf(delivery)}${Math.min(delivery.attempt, 2)}`)
        })
        const late = { patienceMs: context.patienceMs + 3 * context.leaseMs }
        await eventually('delivery to the other subscriber, once the lease has ended', late, () => received.length > 0)
        assert.deepEqual(received, ['m2'], 'handed out before, so that it is at least the second attempt')
        await context.restore()
        await eventually('the abort of the delivery that was lost', late, () => signal!.aborted)
      } finally {
        gate.open()
      }
      await throughout(Math.min(context.idleMs, context.leaseMs), () => received.length > 1)
      assert.deepEqual(received, ['m2'], 'what another subscriber had finished came again')
    },
  },
]
