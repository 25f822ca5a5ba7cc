import assert from 'node:assert/strict'
import type { DocumentStore, IndexQuery, JsonObject } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { alikeNames, refuses, refusesArgument } from './store-subject.ts'

/** What a store of entities promises of its indexes; the documents are those of OpenWhisk's `whisks` database. */
export const entityIndexCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'index.shows-each-kind-with-its-summary',
    async run(store, { uniqueName: ns }) {
      const head = {
        namespace: ns,
        version: '0.0.2',
        publish: false,
        annotations: [{ key: 'k', value: 1 }],
        updated: 5,
      }
      const binding = { namespace: 'acme', name: 'utils' }
      const [trigger, action] = [
        { path: ns, name: 't' },
        { path: ns, name: 'a' },
      ] as const
      const limits = { timeout: 1 }
      const documents: (JsonObject & { readonly name: string })[] = [
        {
          ...head,
          name: 'a',
          entityType: 'action',
          exec: { kind: 'x:1', code: 'c', binary: true },
          parameters: [],
          limits,
        },
        { ...head, name: 't', entityType: 'trigger', parameters: [], limits: {} },
        { ...head, name: 'r', entityType: 'rule', trigger, action },
        { ...head, name: 'p', entityType: 'package', parameters: [], binding: {}, publish: true },
        { ...head, name: 'b', entityType: 'package', parameters: [], binding, publish: true },
      ]
      for (const document of documents) await store.put(`${ns}/${document.name}`, document)
      const values = async (index: string): Promise<unknown[]> =>
        (await store.list({ index, partition: ns })).map(({ value }) => value)
      assert.deepEqual(await values('actions'), [{ ...head, name: 'a', limits, exec: { binary: true } }])
      assert.deepEqual(await values('triggers'), [{ ...head, name: 't' }])
      assert.deepEqual(await values('rules'), [{ ...head, name: 'r', trigger, action }])
      assert.deepEqual(await values('packages'), [
        { ...head, name: 'b', publish: true, binding },
        { ...head, name: 'p', publish: true, binding: false },
      ])
      assert.deepEqual(await values('packages-public'), [{ ...head, name: 'p', publish: true, binding: false }])
    },
  },
  {
    id: 'index.packaged-entity-is-under-both-paths',
    async run(store, { uniqueName: ns }) {
      await store.put(`${ns}/p/a`, action(`${ns}/p`, 'a', 1))
      for (const partition of [ns, `${ns}/p`]) {
        assert.deepEqual(await listed(store, { index: 'actions', partition }), [`${ns}/p/a`])
        assert.equal(await store.count({ index: 'actions', partition }), 1)
      }
    },
  },
  {
    id: 'index.partitions-are-exact-text',
    async run(store, { uniqueName }) {
      const upper = uniqueName.toUpperCase()
      const namespaces = ['', ' ', ' b', 'b', '-b', '.b', '@b', '_', '\u00e9', 'e\u0301'].map(
        (tail) => uniqueName + tail,
      )
      const partitions = [...namespaces, upper]
      for (const ns of partitions) await store.put(`${ns}/a`, action(ns, 'a', 1))
      await store.put(`${uniqueName}/p/q`, action(`${uniqueName}/p`, 'q', 2))
      for (const partition of partitions) {
        const expected = partition === uniqueName ? [`${partition}/a`, `${uniqueName}/p/q`] : [`${partition}/a`]
        assert.deepEqual(await listed(store, { index: 'actions', partition }), expected)
        assert.equal(await store.count({ index: 'actions', partition }), expected.length)
      }
      assert.deepEqual(await listed(store, { index: 'actions', partition: `${uniqueName}/` }), [])
    },
  },
  {
    id: 'index.names-that-compare-as-equal-are-apart',
    async run(store, { uniqueName }) {
      const names = alikeNames(uniqueName)
      for (const [which, ns] of names.entries()) {
        for (let index = 0; index <= which; index++) {
          await store.put(`${ns}/a${index}`, action(ns, `a${index}`, 10 * index + which))
        }
      }
      for (const [which, partition] of names.entries()) {
        const query = { index: 'actions', partition }
        const ids = Array.from({ length: which + 1 }, (_, index) => `${partition}/a${index}`)
        assert.deepEqual(await listed(store, query), ids)
        assert.equal(await store.count(query), ids.length)
        assert.equal(await store.count({ ...query, from: 10 }), which)
        assert.deepEqual(await listed(store, { ...query, skip: 1, limit: 2 }), ids.slice(1, 3))
        const latest = ids.toReversed().slice(1, 2)
        assert.deepEqual(await listed(store, { ...query, skip: 1, limit: 1, descending: true }), latest)
      }
    },
  },
  {
    id: 'index.is-ordered-by-number',
    async run(store, { uniqueName: ns }) {
      const orders = [10, 9, 0, 2 ** 53 - 1, 1_700_000_000_000, 100, 2 ** 31, 99, 2 ** 32]
      for (const order of orders) await store.put(`${ns}/a${order}`, action(ns, `a${order}`, order))
      const rows = await store.list({ index: 'actions', partition: ns })
      assert.deepEqual(
        rows.map(({ order }) => order),
        orders.sort((a, b) => a - b),
      )
    },
  },
  {
    id: 'index.equal-orders-are-by-id',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['c', 'a', 'b d', 'b', 'B'], () => 7)
      const expected = ['B', 'a', 'b', 'b d', 'c'].map((name) => `${ns}/${name}`)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns }), expected)
    },
  },
  {
    id: 'index.descending-is-the-reverse',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a', 'b', 'c', 'd'], (index) => Math.floor(index / 2))
      const expected = ['d', 'c', 'b', 'a'].map((name) => `${ns}/${name}`)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns, descending: true }), expected)
    },
  },
  {
    id: 'index.bounds-are-inclusive',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a', 'b', 'c', 'd', 'e'], (index) => index)
      const bounds = { index: 'actions', partition: ns } as const
      const cases: [{ from?: number; to?: number }, string[]][] = [
        [{ from: 1, to: 3 }, ['b', 'c', 'd']],
        [{ from: 3 }, ['d', 'e']],
        [{ to: 0 }, ['a']],
        [{ from: 2, to: 2 }, ['c']],
        [{ from: 3, to: 1 }, []],
        [{ from: 0, to: 2 ** 53 - 1 }, ['a', 'b', 'c', 'd', 'e']],
      ]
      for (const [range, names] of cases) {
        const expected = names.map((name) => `${ns}/${name}`)
        assert.deepEqual(await listed(store, { ...bounds, ...range }), expected)
        assert.deepEqual(await listed(store, { ...bounds, ...range, descending: true }), expected.toReversed())
      }
    },
  },
  {
    id: 'index.skip-and-limit-cut-a-page',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a', 'b', 'c', 'd', 'e'], (index) => index)
      const page = async (query: {
        skip?: number
        limit?: number
        descending?: boolean
        from?: number
      }): Promise<string> =>
        (await listed(store, { index: 'actions', partition: ns, ...query })).map((id) => id.at(-1)).join('')
      assert.equal(await page({ skip: 1, limit: 2 }), 'bc')
      assert.equal(await page({ skip: 3 }), 'de')
      assert.equal(await page({ skip: 4, limit: 9 }), 'e')
      assert.equal(await page({ skip: 5, limit: 1 }), '')
      assert.equal(await page({ skip: 50 }), '')
      assert.equal(await page({ skip: 1, limit: 2, descending: true }), 'dc')
      assert.equal(await page({ skip: 1, limit: 2, from: 2 }), 'de')
    },
  },
  {
    id: 'index.limit-of-zero-is-none',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a'], () => 1)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns, limit: 0 }), [])
    },
  },
  {
    id: 'index.without-limit-is-all',
    async run(store, { uniqueName: ns }) {
      const names = Array.from({ length: 450 }, (_, index) => `a${1000 + index}`)
      await Promise.all(names.map((name) => store.put(`${ns}/${name}`, action(ns, name, 1))))
      const expected = names.map((name) => `${ns}/${name}`)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns }), expected)
      assert.equal(await store.count({ index: 'actions', partition: ns }), names.length)
    },
  },
  {
    id: 'index.documents-come-when-asked-for',
    async run(store, { uniqueName: ns }) {
      const document = action(ns, 'a', 1)
      const { revision } = await store.put(`${ns}/a`, document)
      const query = { index: 'actions', partition: ns }
      const [row] = await store.list({ ...query, documents: true })
      assert.deepEqual(row?.stored, { id: `${ns}/a`, revision, document })
      const [without] = await store.list(query)
      assert.ok(without && !('stored' in without))
    },
  },
  {
    id: 'index.count-honours-bounds',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a', 'b', 'c', 'd'], (index) => index)
      const query = { index: 'actions', partition: ns }
      assert.equal(await store.count(query), 4)
      assert.equal(await store.count({ ...query, from: 1 }), 3)
      assert.equal(await store.count({ ...query, to: 1 }), 2)
      assert.equal(await store.count({ ...query, from: 1, to: 2 }), 2)
      assert.equal(await store.count({ index: 'triggers', partition: ns }), 0)
    },
  },
  {
    id: 'index.follows-an-update',
    async run(store, { uniqueName: ns }) {
      const id = `${ns}/a`
      const first = await store.put(id, action(ns, 'a', 1))
      const second = await store.put(id, { ...action(ns, 'a', 9), version: '0.0.2' }, first)
      const [row, ...others] = await store.list({ index: 'actions', partition: ns })
      assert.deepEqual([row?.id, row?.order, (row!.value as JsonObject)['version'], others], [id, 9, '0.0.2', []])
      await store.put(id, { ...trigger(ns, 'a', 9) }, second)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns }), [])
      assert.equal(await store.count({ index: 'actions', partition: ns }), 0)
      assert.deepEqual(await listed(store, { index: 'triggers', partition: ns }), [id])
    },
  },
  {
    id: 'index.follows-a-deletion',
    async run(store, { uniqueName: ns }) {
      const { revision } = await store.put(`${ns}/p/a`, action(`${ns}/p`, 'a', 1))
      await fill(store, ns, ['b'], () => 1)
      await store.delete(`${ns}/p/a`, revision)
      assert.deepEqual(await listed(store, { index: 'actions', partition: ns }), [`${ns}/b`])
      assert.equal(await store.count({ index: 'actions', partition: ns }), 1)
      assert.deepEqual(await listed(store, { index: 'actions', partition: `${ns}/p` }), [])
    },
  },
  {
    id: 'index.ignores-a-refused-write',
    async run(store, { uniqueName: ns }) {
      await store.put(`${ns}/a`, action(ns, 'a', 1))
      await refuses('ERR_CONFLICT', () => store.put(`${ns}/a`, action(ns, 'a', 2)))
      const rows = await store.list({ index: 'actions', partition: ns })
      assert.deepEqual(
        rows.map(({ order }) => order),
        [1],
      )
      assert.equal(await store.count({ index: 'actions', partition: ns }), 1)
    },
  },
  {
    id: 'index.is-never-behind-a-write',
    async run(store, { uniqueName: ns }) {
      const query = { index: 'actions', partition: ns }
      const seen = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const id = `${ns}/a${index}`
          await store.put(id, action(ns, `a${index}`, index))
          return (await listed(store, query)).includes(id)
        }),
      )
      assert.ok(seen.every(Boolean), 'a listing did not show a document whose put had resolved')
      assert.equal(await store.count(query), 50)
    },
  },
  {
    id: 'index.rows-are-the-callers',
    async run(store, { uniqueName: ns }) {
      await fill(store, ns, ['a'], () => 1)
      const query = { index: 'actions', partition: ns, documents: true }
      const [row] = await store.list(query)
      ;(row!.value as JsonObject)['name'] = 'changed'
      row!.stored!.document['name'] = 'changed'
      const [again] = await store.list(query)
      assert.deepEqual([(again!.value as JsonObject)['name'], again?.stored?.document['name']], ['a', 'a'])
    },
  },
  {
    id: 'index.refuses-wrong-arguments',
    async run(store, { uniqueName: partition }) {
      const query = { index: 'actions', partition }
      await refusesArgument(() => store.list({ ...query, index: 'nonesuch' }))
      await refusesArgument(() => store.count({ ...query, index: 'nonesuch' }))
      for (const wrong of [-1, 0.5, Number.NaN]) {
        await refusesArgument(() => store.list({ ...query, skip: wrong }))
        await refusesArgument(() => store.list({ ...query, limit: wrong }))
      }
    },
  },
  {
    id: 'index.closed-store-refuses',
    async run(store, { uniqueName: partition }) {
      await store.close()
      await refuses('ERR_CLOSED', () => store.list({ index: 'actions', partition }))
      await refuses('ERR_CLOSED', () => store.count({ index: 'actions', partition }))
    },
  },
]

function action(namespace: string, name: string, updated: number): JsonObject {
  return {
    namespace,
    name,
    updated,
    entityType: 'action',
    version: '0.0.1',
    publish: false,
    annotations: [],
    exec: {
      kind: 'nodejs:20',
      code: 'c',
      binary: false,
    },
    parameters: [],
    limits: {},
  }
}

function trigger(namespace: string, name: string, updated: number): JsonObject {
  return {
    namespace,
    name,
    updated,
    entityType: 'trigger',
    version: '0.0.1',
    publish: false,
    annotations: [],
    parameters: [],
    limits: {},
  }
}

async function fill(
  store: DocumentStore,
  ns: string,
  names: readonly string[],
  updated: (index: number) => number,
): Promise<void> {
  for (const [index, name] of names.entries()) await store.put(`${ns}/${name}`, action(ns, name, updated(index)))
}

async function listed(store: DocumentStore, query: IndexQuery): Promise<string[]> {
  return (await store.list(query)).map(({ id }) => id)
}
