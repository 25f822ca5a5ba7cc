import assert from 'node:assert/strict'
import type { Queue } from '@stemcell/core'
import { eventually, type ConformanceCase } from '../kit/conformance-case.ts'
import { refusesArgument } from '../stores/store-subject.ts'
import { textBody, textOf } from './queue-probe.ts'

const LONGEST = 200
const IMPOSSIBLE = ['', '.', '..', 'a b', 'a/b', 'a:b', 'é', 'a\0b', 'a\n', '{a}', 'x'.repeat(LONGEST + 1)]

/** What topics, groups and keys may be called. */
export const queueNameCases: readonly ConformanceCase<Queue>[] = [
  {
    id: 'queue.takes-every-name-that-is-allowed',
    async run(queue, context) {
      const { uniqueName } = context
      const names = [
        `${uniqueName}${'x'.repeat(LONGEST - uniqueName.length)}`,
        `${uniqueName}._-.A0`,
        `${uniqueName}..`,
      ]
      const received: string[] = []
      for (const name of names) {
        await queue.subscribe(name, { group: name, concurrency: 1 }, (delivery) => {
          received.push(textOf(delivery))
        })
      }
      for (const name of names) await queue.publish(name, textBody(name))
      await eventually('a message of each topic', context, () => received.length >= names.length)
      assert.deepEqual(received.toSorted(), names.toSorted())
    },
  },
  {
    id: 'queue.refuses-impossible-names',
    async run(queue, context) {
      for (const name of IMPOSSIBLE) {
        await refusesArgument(() => queue.ensureTopic(name))
        await refusesArgument(() => queue.publish(name, textBody('m')))
        await refusesArgument(() => queue.subscribe(name, { group: 'g', concurrency: 1 }, () => undefined))
        await refusesArgument(() =>
          queue.subscribe(context.uniqueName, { group: name, concurrency: 1 }, () => undefined),
        )
      }
    },
  },
  {
    id: 'queue.takes-keys-of-any-text-up-to-their-length',
    async run(queue, context) {
      const topic = context.uniqueName
      const keys = ['', ' ', '\0', 'é'.repeat(128), 'k'.repeat(256), '{a}:b/c', '\u{1F980}'.repeat(64)]
      const received: string[] = []
      await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
        received.push(textOf(delivery))
      })
      for (const [index, key] of keys.entries()) await queue.publish(topic, textBody(`m${index}`), { key })
      for (const key of ['k'.repeat(257), 'é'.repeat(129), '\u{1F980}'.repeat(65)]) {
        await refusesArgument(() => queue.publish(topic, textBody('too long'), { key }))
      }
      await eventually('a message of each key', context, () => received.length >= keys.length)
      assert.deepEqual(
        received.toSorted(),
        keys.map((_, index) => `m${index}`),
      )
    },
  },
]
