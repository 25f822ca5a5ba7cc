import assert from 'node:assert/strict'
import type { ActivationRetention, ActivationStore } from '@stemcell/core'
import { record } from './activation-store-cases.ts'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { alikeNames } from './store-subject.ts'

const MOST_CALLS = 10_000

/**
 * What every store of activation records promises of `expire`. It reaches across namespaces, so the cases use starts
 * long before those of other records where they remove by age.
 */
export const activationExpiryCases: readonly ConformanceCase<ActivationStore>[] = [
  {
    id: 'expire.removes-what-started-before',
    async run(store, { uniqueName: ns }) {
      await expireAll(store, { before: 60 })
      const namespaces = [ns, `${ns} b`, `${ns}-c`]
      for (const namespace of namespaces) {
        for (const start of [40, 50, 59, 60, 70])
          await store.put(record(namespace, start, { start, name: `a${start}` }))
      }
      assert.equal(await expireAll(store, { before: 60 }), 9)
      for (const namespace of namespaces) {
        assert.deepEqual(await starts(store, namespace), [70, 60])
        assert.equal(await store.count({ namespace }), 2)
      }
    },
  },
  {
    id: 'expire.leaves-no-trace',
    async run(store, { uniqueName: namespace }) {
      await store.put(record(namespace, 1, { start: 40 }))
      await store.put(record(namespace, 2, { start: 80 }))
      await expireAll(store, { before: 60 })
      assert.equal(await store.get(namespace, record(namespace, 1).activationId), undefined)
      const page = { namespace, skip: 0, limit: 10, full: true } as const
      assert.equal((await store.list({ ...page, name: 'a' })).length, 1)
      assert.equal((await store.list({ ...page, upto: 60 })).length, 0)
      assert.equal(await store.count({ namespace, name: 'a' }), 1)
      assert.equal(await store.count({ namespace, upto: 60 }), 0)
      assert.equal(await store.put(record(namespace, 1, { start: 90 })), 'stored')
      assert.deepEqual(await starts(store, namespace), [90, 80])
    },
  },
  {
    id: 'expire.keeps-the-latest-of-each-namespace',
    async run(store, { uniqueName: ns }) {
      const sizes = { [ns]: 7, [`${ns} b`]: 3, [`${ns}-c`]: 2, [`${ns}-d`]: 4 }
      for (const [namespace, size] of Object.entries(sizes)) {
        for (let index = 0; index < size; index++) await store.put(record(namespace, index, { start: 1000 + index }))
      }
      await expireAll(store, { maxPerNamespace: 3 })
      for (const [namespace, size] of Object.entries(sizes)) {
        const expected = Array.from({ length: Math.min(3, size) }, (_, index) => 1000 + size - 1 - index)
        assert.deepEqual(await starts(store, namespace), expected)
        assert.equal(await store.count({ namespace }), expected.length)
      }
    },
  },
  {
    id: 'expire.counts-names-that-compare-as-equal-apart',
    async run(store, { uniqueName }) {
      const names = alikeNames(uniqueName)
      for (const [which, ns] of names.entries()) {
        for (let index = 0; index <= which; index++) {
          await store.put(record(ns, index, { start: 1000 + 10 * index + which }))
        }
      }
      await expireAll(store, { maxPerNamespace: 3 })
      for (const [which, namespace] of names.entries()) {
        const all = Array.from({ length: which + 1 }, (_, index) => 1000 + 10 * (which - index) + which)
        assert.deepEqual(await starts(store, namespace), all.slice(0, 3))
      }
    },
  },
  {
    id: 'expire.applies-age-and-number-together',
    async run(store, { uniqueName: ns }) {
      const [old, many] = [`${ns}-old`, `${ns}-many`]
      for (const start of [50, 55, 65]) await store.put(record(old, start, { start }))
      for (const start of [1001, 1002, 1003, 1004, 1005]) await store.put(record(many, start, { start }))
      await expireAll(store, { before: 60, maxPerNamespace: 4 })
      assert.deepEqual(await starts(store, old), [65])
      assert.deepEqual(await starts(store, many), [1005, 1004, 1003, 1002])
    },
  },
  {
    id: 'expire.without-a-bound-removes-nothing',
    async run(store, { uniqueName: namespace }) {
      await store.put(record(namespace, 1, { start: 1 }))
      assert.equal(await store.expire({}), 0)
      assert.equal(await store.count({ namespace }), 1)
    },
  },
  {
    id: 'expire.gets-through-thousands',
    timeoutMs: 60_000,
    async run(store, { uniqueName: namespace }) {
      await expireAll(store, { before: 60 })
      const records = Array.from({ length: 2500 }, (_, index) => record(namespace, index, { start: index % 80 }))
      await Promise.all(records.map(async (item) => store.put(item)))
      const young = records.filter(({ start }) => start >= 60).length
      assert.equal(await expireAll(store, { before: 60 }), records.length - young)
      assert.equal(await store.count({ namespace }), young)
      assert.equal(await store.count({ namespace, name: 'a' }), young)
    },
  },
  {
    id: 'expire.runs-beside-itself-and-writes',
    async run(store, { uniqueName: namespace }) {
      await expireAll(store, { before: 60 })
      const putMany = (start: number): Promise<unknown> =>
        Promise.all(
          Array.from({ length: 200 }, async (_, index) =>
            store.put(record(namespace, start * 1000 + index, { start })),
          ),
        )
      await putMany(50)
      const [removed, more] = await Promise.all([
        expireAll(store, { before: 60 }),
        expireAll(store, { before: 60 }),
        putMany(70),
      ])
      assert.equal(removed + more, 200)
      assert.equal(await store.count({ namespace }), 200)
      assert.equal((await store.list({ namespace, skip: 0, limit: 500, full: false })).length, 200)
    },
  },
]

async function expireAll(store: ActivationStore, retention: ActivationRetention): Promise<number> {
  let total = 0
  for (let calls = 0; calls < MOST_CALLS; calls++) {
    const removed = await store.expire(retention)
    if (removed === 0) return total
    total += removed
  }
  throw new Error(`expire still removes records after ${MOST_CALLS} calls`)
}

async function starts(store: ActivationStore, namespace: string): Promise<number[]> {
  return (await store.list({ namespace, skip: 0, limit: 100, full: true })).map(({ start }) => start)
}
