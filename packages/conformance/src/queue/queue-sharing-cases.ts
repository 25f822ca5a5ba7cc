import assert from 'node:assert/strict'
import type { Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { series, textBody, textOf } from './queue-probe.ts'

/** What two processes have in common, and what the backend keeps of a topic. */
export const queueSharingCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.carries-between-processes',
    needs: ['another'],
    async run(queue, context) {
      const topic = context.uniqueName
      const other = await context.another()
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 4 }, (delivery) => {
        received.push(textOf(delivery))
      })
      const sent = series('m', 20)
      for (const text of sent) await other.publish(topic, textBody(text))
      await eventually('all messages of the other', context, () => received.length >= sent.length)
      assert.deepEqual(received.toSorted(), sent.toSorted())
    },
  },
  {
    id: 'queue.processes-share-a-group',
    needs: ['another'],
    timeoutMs: 60_000,
    async run(queue, context) {
      const topic = context.uniqueName
      const other = await context.another()
      const received: string[] = []
      for (const one of [queue, other]) {
        await one.subscribe(topic, { group: 'g', concurrency: 4 }, (delivery) => {
          received.push(textOf(delivery))
        })
      }
      const sent = series('m', 100)
      for (const [index, text] of sent.entries()) await (index % 2 ? queue : other).publish(topic, textBody(text))
      await eventually('all messages', context, () => new Set(received).size >= sent.length)
      await other.publish(topic, textBody('end'))
      await eventually('the last message', context, () => received.includes('end'))
      assert.equal(received.length, sent.length + 1, 'a message was given to two subscribers of one group')
    },
  },
  {
    id: 'queue.makes-topics-with-the-settings-asked-for',
    needs: ['settingsOf'],
    async run(queue, context) {
      const topic = context.uniqueName
      const asked = { retentionMs: 3_600_000, retentionBytes: 8 * 1024 ** 2, partitions: 2 }
      assert.equal(await context.settingsOf(topic), undefined, 'the topic is there already')
      await queue.ensureTopic(topic, asked)
      const kept = await context.settingsOf(topic)
      assert.ok(kept, 'the backend has no such topic')
      for (const [name, value] of Object.entries(asked)) {
        if (kept[name] !== undefined) assert.ok(kept[name] >= value, `${name} is ${kept[name]}, not ${value}`)
      }
      assert.ok(
        Object.keys(asked).some((name) => kept[name] !== undefined),
        `the backend tells no setting of the topic: ${JSON.stringify(kept)}`,
      )
    },
  },
  {
    id: 'queue.leaves-existing-topics-as-they-are',
    needs: ['settingsOf'],
    async run(queue, context) {
      const topic = context.uniqueName
      await queue.ensureTopic(topic, { retentionMs: 3_600_000, partitions: 1 })
      const before = await context.settingsOf(topic)
      await queue.ensureTopic(topic, { retentionMs: 60_000 })
      await queue.ensureTopic(topic, { retentionMs: 7_200_000, partitions: 2 })
      assert.deepEqual(await context.settingsOf(topic), before)
    },
  },
]
