import assert from 'node:assert/strict'
import { activationJson, canonicalJson, type ActivationStore } from '@stemcell/core'
import { exactRecord, found, idOf, ids, record, recordOfBytes, unreadable } from './activation-store-cases.ts'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from './store-subject.ts'

/** What every store of activation records promises of records that are kept in case an activation is cut short. */
export const provisionalRecordCases: readonly ConformanceCase<ActivationStore>[] = [
  {
    id: 'provisional.is-no-record-until-finalized',
    async run(store, { uniqueName: ns }) {
      await store.putProvisional(ns, record(ns, 1, { start: 40 }))
      assert.equal(await store.get(ns, idOf(1)), undefined)
      assert.deepEqual(await ids(store, { namespace: ns }), [])
      assert.equal(await store.count({ namespace: ns }), 0)
      await expireAll(store)
      assert.equal(await store.finalizeOrphans(ns), 1)
    },
  },
  {
    id: 'provisional.becomes-a-record-like-any',
    async run(store, { uniqueName: ns }) {
      const first = record(ns, 1, { start: 2000, response: { statusCode: 3 }, logs: ['cut short'] })
      const second = record(`${ns}-b`, 2, { start: 3000, name: 'b' })
      for (const item of [first, second]) await store.putProvisional(ns, item)
      assert.equal(await store.finalizeOrphans(ns), 2)
      await found(store, first)
      await found(store, second)
      assert.deepEqual(await ids(store, { namespace: ns, name: 'a', since: 2000 }), [idOf(1)])
      assert.deepEqual(await ids(store, { namespace: `${ns}-b`, name: 'b' }), [idOf(2)])
      assert.equal(await store.count({ namespace: ns }), 1)
      assert.equal(await store.put({ ...first, logs: ['too late'] }), 'exists')
      await found(store, first)
    },
  },
  {
    id: 'provisional.numbers-are-as-they-were-written',
    async run(store, { uniqueName: ns }) {
      const exact = exactRecord(ns, 1)
      await store.putProvisional(ns, exact)
      assert.equal(await store.finalizeOrphans(ns), 1)
      const finalized = await store.get(ns, idOf(1))
      assert.equal(finalized && canonicalJson(activationJson(finalized)), canonicalJson(activationJson(exact)))
    },
  },
  {
    id: 'provisional.one-that-cannot-be-read-keeps-no-other',
    async run(store, { uniqueName: ns }) {
      await store.putProvisional(ns, unreadable(ns, 1))
      await store.putProvisional(ns, record(ns, 2))
      assert.equal(await store.finalizeOrphans(ns), 1)
      await found(store, record(ns, 2))
    },
  },
  {
    id: 'provisional.is-finalized-of-one-owner-only',
    async run(store, { uniqueName: ns }) {
      await store.putProvisional(`${ns}-1`, record(ns, 1))
      await store.putProvisional(`${ns}-10`, record(ns, 2))
      assert.equal(await store.finalizeOrphans(`${ns}-1`), 1)
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
      assert.equal(await store.finalizeOrphans(`${ns}-10`), 1)
    },
  },
  {
    id: 'provisional.owners-are-named-while-something-is-left',
    async run(store, { uniqueName: ns }) {
      const named = async (): Promise<string[]> =>
        (await store.owners()).filter((owner) => owner.startsWith(ns)).toSorted()
      assert.deepEqual(await named(), [])
      for (const [index, owner] of ['a', 'b', 'c'].entries())
        await store.putProvisional(`${ns}-${owner}`, record(ns, index))
      await store.putProvisional(`${ns}-a`, record(ns, 9))
      assert.deepEqual(await named(), [`${ns}-a`, `${ns}-b`, `${ns}-c`])
      await store.finalizeOrphans(`${ns}-a`)
      await store.discardProvisional(`${ns}-b`, ns, idOf(1))
      await store.put(record(ns, 2))
      assert.deepEqual(await named(), [])
    },
  },
  {
    id: 'provisional.later-one-takes-its-place',
    async run(store, { uniqueName: ns }) {
      const last = record(ns, 1, { logs: ['third'] })
      await store.putProvisional(`${ns}-a`, record(ns, 1, { logs: ['first'] }))
      await store.putProvisional(`${ns}-a`, record(ns, 1, { logs: ['second'] }))
      await store.putProvisional(`${ns}-b`, last)
      assert.equal(await store.finalizeOrphans(`${ns}-a`), 0)
      assert.equal(await store.get(ns, idOf(1)), undefined)
      assert.equal(await store.finalizeOrphans(`${ns}-b`), 1)
      await found(store, last)
    },
  },
  {
    id: 'provisional.is-removed-by-put',
    async run(store, { uniqueName: ns }) {
      const ended = record(ns, 1, { logs: ['ended'], start: 40 })
      await store.putProvisional(ns, record(ns, 1, { logs: ['cut short'], start: 40 }))
      assert.equal(await store.put(ended), 'stored')
      await found(store, ended)
      await expireAll(store)
      assert.equal(await store.finalizeOrphans(ns), 0)
      assert.equal(await store.get(ns, idOf(1)), undefined)
    },
  },
  {
    id: 'provisional.after-the-record-has-no-effect',
    async run(store, { uniqueName: ns }) {
      const ended = record(ns, 1, { logs: ['ended'] })
      await store.put(ended)
      await store.putProvisional(ns, record(ns, 1, { logs: ['cut short'] }))
      assert.equal(await store.finalizeOrphans(ns), 0)
      await found(store, ended)
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
      assert.equal(await store.count({ namespace: ns }), 1)
    },
  },
  {
    id: 'provisional.is-discarded-by-its-owner',
    async run(store, { uniqueName: ns }) {
      await store.putProvisional(ns, record(ns, 1))
      await store.discardProvisional(ns, ns, idOf(1))
      await store.discardProvisional(ns, ns, idOf(1))
      await store.discardProvisional(ns, ns, idOf(2))
      assert.equal(await store.finalizeOrphans(ns), 0)
      assert.equal(await store.get(ns, idOf(1)), undefined)
    },
  },
  {
    id: 'provisional.is-not-discarded-by-others',
    async run(store, { uniqueName: ns }) {
      const result = record(ns, 1, { logs: ['of the second owner'] })
      await store.putProvisional(`${ns}-a`, record(ns, 1))
      await store.putProvisional(`${ns}-b`, result)
      await store.discardProvisional(`${ns}-a`, ns, idOf(1))
      assert.equal(await store.finalizeOrphans(`${ns}-b`), 1)
      await found(store, result)
    },
  },
  {
    id: 'provisional.many-who-finalizeOrphans-make-one-record-of-each',
    async run(store, { uniqueName: ns }) {
      const records = Array.from({ length: 100 }, (_, index) => record(ns, index, { start: 1000 + index }))
      await Promise.all(records.map(async (item) => store.putProvisional(ns, item)))
      const made = await Promise.all(Array.from({ length: 5 }, () => store.finalizeOrphans(ns)))
      assert.equal(
        made.reduce((sum, count) => sum + count),
        records.length,
      )
      assert.equal(await store.finalizeOrphans(ns), 0)
      assert.equal(await store.count({ namespace: ns }), records.length)
      await Promise.all(records.map((item) => found(store, item)))
    },
  },
  {
    id: 'provisional.orphans-and-put-make-one-record',
    async run(store, { uniqueName: ns }) {
      const records = Array.from({ length: 50 }, (_, index) => record(ns, index, { start: 1000 + index }))
      await Promise.all(records.map(async (item) => store.putProvisional(ns, { ...item, logs: ['cut short'] })))
      const [made, ...outcomes] = await Promise.all([
        store.finalizeOrphans(ns),
        ...records.map((item) => store.put(item)),
      ])
      const stored = outcomes.filter((outcome) => outcome === 'stored').length
      assert.equal(made + stored, records.length)
      assert.equal(await store.count({ namespace: ns }), records.length)
      for (const [index, item] of records.entries()) {
        await found(store, outcomes[index] === 'stored' ? item : { ...item, logs: ['cut short'] })
      }
    },
  },
  {
    id: 'provisional.given-object-stays-the-callers',
    async run(store, { uniqueName: ns }) {
      const logs = ['a']
      await store.putProvisional(ns, record(ns, 1, { logs }))
      logs.push('b')
      assert.equal(await store.finalizeOrphans(ns), 1)
      await found(store, record(ns, 1, { logs: ['a'] }))
    },
  },
  {
    id: 'provisional.larger-is-refused',
    async run(store, { uniqueName: ns }) {
      const { maxRecordBytes } = store.capabilities
      await store.putProvisional(ns, recordOfBytes(ns, maxRecordBytes))
      assert.equal(await store.finalizeOrphans(ns), 1)
      const larger = { ...recordOfBytes(ns, maxRecordBytes + 1), activationId: idOf(2) }
      await refuses('ERR_TOO_LARGE', () => store.putProvisional(ns, larger))
      assert.equal(await store.finalizeOrphans(ns), 0)
    },
  },
]

/** Removes what started long before the records of other cases. */
async function expireAll(store: ActivationStore): Promise<void> {
  let removed: number
  do removed = await store.expire({ before: 60 })
  while (removed > 0)
}
