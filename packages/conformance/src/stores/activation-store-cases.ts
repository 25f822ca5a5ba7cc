import assert from 'node:assert/strict'
import {
  activationJson,
  activationSummary,
  activationText,
  canonicalJson,
  JsonText,
  parseJson,
  type Activation,
  type ActivationQuery,
  type ActivationStore,
  type StatusCode,
} from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { alikeNames, EXACT_NUMBERS, refuses, refusesArgument, textOfBytes } from './store-subject.ts'

interface ReadableRow {
  readonly cursor: string
  readonly activation: Activation
}

/** What every store of activation records promises, except removal by age and number. */
export const activationStoreCases: readonly ConformanceCase<ActivationStore>[] = [
  {
    id: 'record.is-returned-as-put',
    async run(store, { uniqueName: ns }) {
      const whole = record(ns, 1, {
        cause: idOf(99),
        end: 1031,
        duration: 25,
        publish: true,
        response: { statusCode: 1, result: JsonText.of({ error: 'é 日本 😀 \u0000' }), size: 12 },
        logs: ['2024-05-01T10:11:12.1Z stdout: hi', ''],
        annotations: [
          { key: 'path', value: `${ns}/p/a` },
          { key: 'limits', value: { timeout: 1 }, init: true },
        ],
      })
      const bare = record(ns, 2)
      assert.deepEqual([await store.put(whole), await store.put(bare)], ['stored', 'stored'])
      await found(store, whole)
      await found(store, bare)
    },
  },
  {
    id: 'record.numbers-are-as-they-were-written',
    async run(store, { uniqueName: ns }) {
      const exact = exactRecord(ns, 1)
      await store.put(exact)
      const query = { namespace: ns, skip: 0, limit: 1 } as const
      const [listed] = await store.list({ ...query, full: true })
      const [scanned] = await scanOf(store, ns)
      for (const returned of [await store.get(ns, idOf(1)), listed, scanned?.activation]) {
        assert.equal(returned && canonicalJson(activationJson(returned)), canonicalJson(activationJson(exact)))
      }
    },
  },
  {
    id: 'record.absent-is-undefined',
    async run(store, { uniqueName: ns }) {
      await store.put(record(ns, 1))
      assert.equal(await store.get(ns, idOf(2)), undefined)
      assert.equal(await store.get(`${ns}-other`, idOf(1)), undefined)
    },
  },
  {
    id: 'record.first-one-stays',
    async run(store, { uniqueName: ns }) {
      const first = record(ns, 1, { logs: ['first'] })
      assert.equal(await store.put(first), 'stored')
      assert.equal(await store.put(record(ns, 1, { logs: ['second'], start: 5000, name: 'other' })), 'exists')
      await found(store, first)
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
      assert.equal(await store.count({ namespace: ns }), 1)
      assert.equal(await store.count({ namespace: ns, name: 'other' }), 0)
    },
  },
  {
    id: 'record.one-of-many-writers-is-first',
    async run(store, { uniqueName: ns }) {
      const rivals = Array.from({ length: 50 }, (_, index) =>
        record(ns, 1, { logs: [`${index}`], start: 1000 + index }),
      )
      const outcomes = await Promise.all(rivals.map(async (rival) => store.put(rival)))
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1)
      await found(store, rivals[outcomes.indexOf('stored')]!)
      assert.deepEqual([await store.count({ namespace: ns }), (await ids(store, { namespace: ns })).length], [1, 1])
    },
  },
  {
    id: 'record.same-id-in-another-namespace-is-another',
    async run(store, { uniqueName: ns }) {
      const [here, there] = [record(ns, 1, { logs: ['here'] }), record(`${ns} b`, 1, { logs: ['there'] })]
      assert.deepEqual([await store.put(here), await store.put(there)], ['stored', 'stored'])
      await found(store, here)
      await found(store, there)
    },
  },
  {
    id: 'record.thousand-at-once-are-all-there',
    async run(store, { uniqueName: ns }) {
      const records = Array.from({ length: 1000 }, (_, index) => record(ns, index, { start: 1000 + index }))
      const outcomes = await Promise.all(records.map(async (item) => store.put(item)))
      assert.ok(outcomes.every((outcome) => outcome === 'stored'))
      assert.equal(await store.count({ namespace: ns }), 1000)
      const list = await store.list({ namespace: ns, skip: 0, limit: 1000, full: true })
      assert.deepEqual(list.map(activationText), records.map(activationText).reverse())
      await Promise.all(records.map((item) => found(store, item)))
    },
  },
  {
    id: 'record.several-in-one-call-are-each-stored',
    skip: (store) => (store.putAll ? undefined : 'the store takes one record at a time'),
    async run(store, { uniqueName: ns }) {
      const there = record(ns, 1, { logs: ['there before'] })
      await store.put(there)
      const [first, second] = [record(ns, 2, { logs: ['first'] }), record(ns, 3, { start: 2000 })]
      await store.putProvisional(ns, first)
      const outcomes = await store.putAll!([
        first,
        record(ns, 1, { logs: ['too late'] }),
        second,
        record(ns, 2, { logs: ['of the same call'], start: 3000 }),
      ])
      assert.deepEqual(outcomes, ['stored', 'exists', 'stored', 'exists'])
      for (const one of [there, first, second]) await found(store, one)
      assert.equal(await store.count({ namespace: ns }), 3)
      assert.equal(await store.finalizeOrphans(ns), 0)
      assert.deepEqual(await store.putAll!([]), [])
    },
  },
  {
    id: 'record.one-of-several-that-is-too-large-is-told',
    skip: (store) => (store.putAll ? undefined : 'the store takes one record at a time'),
    async run(store, { uniqueName: ns }) {
      const small = record(ns, 2)
      await refuses('ERR_TOO_LARGE', () =>
        store.putAll!([small, recordOfBytes(ns, store.capabilities.maxRecordBytes + 1)]),
      )
      await store.put(small)
      await found(store, small)
    },
  },
  {
    id: 'record.given-object-stays-the-callers',
    async run(store, { uniqueName: ns }) {
      const logs = ['a']
      await store.put(record(ns, 1, { logs }))
      logs.push('b')
      await found(store, record(ns, 1, { logs: ['a'] }))
    },
  },
  {
    id: 'record.returned-object-is-the-callers',
    async run(store, { uniqueName: ns }) {
      await store.put(record(ns, 1, { logs: ['a'] }))
      const query = { namespace: ns, skip: 0, limit: 1 } as const
      const [summary] = await store.list({ ...query, full: false })
      summary!['name'] = 'changed'
      const [full] = await store.list({ ...query, full: true })
      for (const returned of [await store.get(ns, idOf(1)), full]) {
        if (Array.isArray(returned?.logs)) (returned.logs as string[]).push('b')
      }
      await found(store, record(ns, 1, { logs: ['a'] }))
      assert.equal((await store.list({ ...query, full: false }))[0]?.['name'], 'a')
    },
  },
  {
    id: 'record.largest-is-stored',
    async run(store, { uniqueName: ns }) {
      const largest = recordOfBytes(ns, store.capabilities.maxRecordBytes)
      assert.equal(await store.put(largest), 'stored')
      await found(store, largest)
    },
  },
  {
    id: 'record.larger-is-refused',
    async run(store, { uniqueName: ns }) {
      await refuses('ERR_TOO_LARGE', () => store.put(recordOfBytes(ns, store.capabilities.maxRecordBytes + 1)))
      assert.equal(await store.get(ns, idOf(1)), undefined)
      assert.equal(await store.count({ namespace: ns }), 0)
    },
  },
  {
    id: 'list.is-latest-start-first',
    async run(store, { uniqueName: ns }) {
      const starts = [1000, 9, 10, 1_700_000_000_000, 999, 100]
      for (const [index, start] of starts.entries()) await store.put(record(ns, index, { start }))
      const list = await store.list({ namespace: ns, skip: 0, limit: 200, full: true })
      assert.deepEqual(
        list.map(({ start }) => start),
        starts.sort((a, b) => b - a),
      )
    },
  },
  {
    id: 'list.equal-starts-are-by-id',
    async run(store, { uniqueName: ns }) {
      for (const index of [3, 1, 2]) await store.put(record(ns, index))
      assert.deepEqual(await ids(store, { namespace: ns }), [3, 2, 1].map(idOf))
    },
  },
  {
    id: 'list.shows-summaries-or-whole-records',
    async run(store, { uniqueName: ns }) {
      const ended = record(ns, 2, { start: 2000, end: 2031, duration: 25, cause: idOf(9), logs: ['a'] })
      const endless = record(ns, 1, { start: 1000 })
      for (const item of [endless, ended]) await store.put(item)
      const query = { namespace: ns, skip: 0, limit: 10 } as const
      assert.deepEqual(await store.list({ ...query, full: false }), [ended, endless].map(activationSummary))
      const whole = await store.list({ ...query, full: true })
      assert.deepEqual(whole.map(activationJson), [ended, endless].map(activationJson))
    },
  },
  {
    id: 'list.keeps-namespaces-apart',
    async run(store, { uniqueName: ns }) {
      const namespaces = ['', ' b', 'b', '-b', '@b', '.b'].map((tail) => ns + tail)
      for (const [index, namespace] of [...namespaces, ns.toUpperCase()].entries()) {
        await store.put(record(namespace, index))
      }
      for (const [index, namespace] of namespaces.entries()) {
        assert.deepEqual(await ids(store, { namespace }), [idOf(index)])
        assert.deepEqual(await ids(store, { namespace, name: 'a' }), [idOf(index)])
        assert.equal(await store.count({ namespace }), 1)
      }
    },
  },
  {
    id: 'list.names-that-compare-as-equal-are-apart',
    async run(store, { uniqueName }) {
      const names = alikeNames(uniqueName)
      for (const [which, ns] of names.entries()) {
        for (let index = 0; index <= which; index++) {
          await store.put(record(ns, index, { start: 1000 + 10 * index + which, name: names[index]! }))
        }
      }
      for (const [which, namespace] of names.entries()) {
        const latestFirst = Array.from({ length: which + 1 }, (_, index) => idOf(which - index))
        assert.deepEqual(await ids(store, { namespace }), latestFirst)
        assert.equal(await store.count({ namespace }), which + 1)
        assert.equal(await store.count({ namespace, since: 1010 }), which)
        const page = await store.list({ namespace, skip: 1, limit: 2, full: true })
        assert.deepEqual(
          page.map(({ activationId }) => activationId),
          latestFirst.slice(1, 3),
        )
        for (const [index, name] of names.entries()) {
          assert.equal(await store.count({ namespace, name }), index <= which ? 1 : 0)
        }
      }
    },
  },
  {
    id: 'list.filters-by-name',
    async run(store, { uniqueName: ns }) {
      const path = (value: string): Activation['annotations'] => [{ key: 'path', value }]
      await store.put(record(ns, 1, { name: 'a', annotations: path(`${ns}/a`) }))
      await store.put(record(ns, 2, { name: 'a', annotations: path(`${ns}/p/a`) }))
      const bound = [...path('acme/utils/a'), { key: 'binding', value: `${ns}/mine` }]
      await store.put(record(ns, 3, { name: 'a', annotations: bound }))
      await store.put(record(ns, 4, { name: 'a b' }))
      const expected = { a: [1], 'p/a': [2], 'mine/a': [3], 'utils/a': [], 'a b': [4], p: [], 'a ': [] }
      for (const [name, indexes] of Object.entries(expected)) {
        assert.deepEqual(await ids(store, { namespace: ns, name }), indexes.map(idOf))
        assert.equal(await store.count({ namespace: ns, name }), indexes.length)
      }
    },
  },
  {
    id: 'list.bounds-are-inclusive',
    async run(store, { uniqueName: ns }) {
      for (const index of [1, 2, 3, 4]) await store.put(record(ns, index, { start: index * 1000 }))
      const cases: [{ since?: number; upto?: number }, number[]][] = [
        [{ since: 2000, upto: 3000 }, [3, 2]],
        [{ since: 3000 }, [4, 3]],
        [{ since: 3001 }, [4]],
        [{ upto: 2000 }, [2, 1]],
        [{ upto: 1999 }, [1]],
        [{ since: 3000, upto: 2000 }, []],
        [{ since: 0, upto: 2 ** 53 - 1 }, [4, 3, 2, 1]],
      ]
      for (const [range, indexes] of cases) {
        for (const name of [undefined, 'a']) {
          const query = { namespace: ns, ...range, ...(name === undefined ? {} : { name }) }
          assert.deepEqual(await ids(store, query), indexes.map(idOf))
          assert.equal(await store.count(query), indexes.length)
        }
      }
    },
  },
  {
    id: 'list.skip-and-limit-cut-a-page',
    async run(store, { uniqueName: ns }) {
      for (const index of [1, 2, 3, 4, 5]) await store.put(record(ns, index, { start: index }))
      const page = async (skip: number, limit: number, full: boolean): Promise<unknown[]> => {
        const query = { namespace: ns, skip, limit }
        if (full) return (await store.list({ ...query, full })).map(({ start }) => start)
        return (await store.list({ ...query, full })).map(({ start }) => start)
      }
      for (const full of [true, false]) {
        assert.deepEqual(await page(0, 2, full), [5, 4])
        assert.deepEqual(await page(1, 2, full), [4, 3])
        assert.deepEqual(await page(4, 9, full), [1])
        assert.deepEqual(await page(5, 1, full), [])
        assert.deepEqual(await page(0, 0, full), [])
      }
    },
  },
  {
    id: 'list.leaves-out-what-cannot-be-read',
    async run(store, { uniqueName: ns }) {
      await store.put(record(ns, 1, { start: 1 }))
      await store.put(unreadable(ns, 2))
      await store.put(record(ns, 3, { start: 3 }))
      await refuses('ERR_CORRUPT', () => store.get(ns, idOf(2)))
      const query = { namespace: ns, skip: 0, limit: 9 }
      for (const name of [{}, { name: 'a' }]) {
        const full = await store.list({ ...query, ...name, full: true })
        assert.deepEqual(
          full.map(({ activationId }) => activationId),
          [idOf(3), idOf(1)],
        )
        const listed = (await store.list({ ...query, ...name, full: false })).map(({ activationId }) => activationId)
        assert.deepEqual(
          listed.filter((id) => id !== idOf(2)),
          [idOf(3), idOf(1)],
        )
      }
      assert.ok((await store.count({ namespace: ns })) >= 2)
    },
  },
  {
    id: 'list.refuses-wrong-arguments',
    async run(store, { uniqueName: namespace }) {
      for (const wrong of [-1, 0.5, Number.NaN]) {
        await refusesArgument(() => store.list({ namespace, skip: wrong, limit: 1, full: false }))
        await refusesArgument(() => store.list({ namespace, skip: 0, limit: wrong, full: true }))
      }
    },
  },
  {
    id: 'scan.yields-every-record-of-every-namespace',
    async run(store, { uniqueName: ns }) {
      const records = ['', ' b', '-c', '@d'].flatMap((tail) => [1, 2, 3].map((index) => record(ns + tail, index)))
      const long = record(`${ns}-e`, 1, { logs: ['a'], response: { statusCode: 1, result: JsonText.of({ a: [1] }) } })
      for (const item of [...records, long]) await store.put(item)
      const scanned = (await scanOf(store, ns)).map(({ activation }) => activation)
      const texts = (list: readonly Activation[]): string[] => list.map((item) => activationText(item)).sort()
      assert.deepEqual(texts(scanned), texts([...records, long]))
    },
  },
  {
    id: 'scan.resumes-behind-a-cursor',
    async run(store, { uniqueName: ns }) {
      const records = Array.from({ length: 250 }, (_, index) => record(`${ns}-${index % 3}`, index))
      await Promise.all(records.map(async (item) => store.put(item)))
      const rows = await scanOf(store, ns)
      assert.equal(rows.length, records.length)
      for (const at of [0, 99, 100, 248, 249]) {
        const rest = await scanOf(store, ns, rows[at]!.cursor)
        const expected = rows.slice(at + 1).map(({ activation }) => activation.activationId)
        const resumed = new Set(rest.map(({ activation }) => activation.activationId))
        assert.deepEqual(
          expected.filter((id) => !resumed.has(id)),
          [],
        )
        assert.ok(!resumed.has(rows[0]!.activation.activationId), 'a scan that resumes starts from the beginning')
      }
    },
  },
  {
    id: 'lifecycle.closed-store-refuses',
    async run(store, { uniqueName: namespace }) {
      await Promise.all([store.close(), store.close()])
      await refuses('ERR_CLOSED', () => store.put(record(namespace, 1)))
      await refuses('ERR_CLOSED', () => store.get(namespace, idOf(1)))
      if (store.putAll) await refuses('ERR_CLOSED', () => store.putAll!([record(namespace, 3)]))
      await refuses('ERR_CLOSED', () => store.list({ namespace, skip: 0, limit: 1, full: false }))
      await refuses('ERR_CLOSED', () => store.count({ namespace }))
      await refuses('ERR_CLOSED', () => store.expire({ before: 1 }))
      await refuses('ERR_CLOSED', () => scanOf(store, namespace))
      await refuses('ERR_CLOSED', () => store.putProvisional('owner', record(namespace, 1)))
      await refuses('ERR_CLOSED', () => store.discardProvisional('owner', namespace, idOf(1)))
      await refuses('ERR_CLOSED', () => store.finalizeOrphans('owner'))
      await refuses('ERR_CLOSED', () => store.owners())
    },
  },
  {
    id: 'lifecycle.closed-store-opens-again',
    async run(store, { uniqueName: namespace }) {
      await store.close()
      await Promise.all([store.open(), store.open()])
      assert.equal(await store.put(record(namespace, 1)), 'stored')
      assert.equal(await store.count({ namespace }), 1)
    },
  },
  {
    id: 'lifecycle.close-finishes-writes-that-run',
    async run(store, { uniqueName: namespace }) {
      const writes = Array.from({ length: 100 }, async (_, index) => store.put(record(namespace, index)))
      await store.close()
      assert.deepEqual(new Set(await Promise.all(writes)), new Set(['stored']))
      await store.open()
      if (store.capabilities.durable) assert.equal(await store.count({ namespace }), writes.length)
    },
  },
]

/** Cases that need a second object on the same data. */
export function durableActivationStoreCases<S extends ActivationStore>(
  reopen: ((closed: S) => S | Promise<S>) | undefined,
): readonly ConformanceCase<S>[] {
  return [
    {
      id: 'durable.another-object-finalizes-provisional-records',
      skip: ({ capabilities }) => (capabilities.durable ? undefined : 'the store is not durable'),
      async run(store, { uniqueName: ns }) {
        assert.ok(reopen, 'a durable store needs the option `reopen`')
        const [kept, stored, discarded] = [1, 2, 3].map((index) => record(ns, index, { logs: ['cut short'] }))
        for (const item of [kept!, stored!, discarded!]) await store.putProvisional(ns, item)
        await store.put({ ...stored!, logs: ['ended'] })
        await store.discardProvisional(ns, ns, discarded!.activationId)
        await store.close()
        const second = await reopen(store)
        try {
          await second.open()
          assert.equal(await second.get(ns, kept!.activationId), undefined)
          assert.equal(await second.finalizeOrphans(ns), 1)
          await found(second, kept!)
          await found(second, { ...stored!, logs: ['ended'] })
          assert.deepEqual(await ids(second, { namespace: ns }), [idOf(2), idOf(1)])
        } finally {
          await second.close()
        }
      },
    },
    {
      id: 'durable.another-object-reads-what-was-put',
      skip: ({ capabilities }) => (capabilities.durable ? undefined : 'the store is not durable'),
      async run(store, { uniqueName: ns }) {
        assert.ok(reopen, 'a durable store needs the option `reopen`')
        const records = Array.from({ length: 20 }, (_, index) => record(ns, index, { start: 1000 + index }))
        await Promise.all(records.map(async (item) => store.put(item)))
        await store.close()
        const second = await reopen(store)
        try {
          await second.open()
          await Promise.all(records.map((item) => found(second, item)))
          assert.equal((await ids(second, { namespace: ns })).length, records.length)
          assert.equal(await second.count({ namespace: ns }), records.length)
          assert.equal(await second.put(records[0]!), 'exists')
        } finally {
          await second.close()
        }
      },
    },
  ]
}

/** A record whose numbers JavaScript would write otherwise. */
export function exactRecord(namespace: string, index: number): Activation {
  return record(namespace, index, {
    response: { statusCode: 0, result: JsonText.parse(EXACT_NUMBERS) },
    annotations: [{ key: 'exact', value: parseJson(EXACT_NUMBERS) }],
  })
}

/** A record for tests: starts at 1000, without an end. */
/** Stored as it is, and of a status that nobody knows when it is read. */
export function unreadable(namespace: string, index: number): Activation {
  return record(namespace, index, { start: index, response: { statusCode: 9 as StatusCode } })
}

export function record(namespace: string, index: number, overrides: Partial<Activation> = {}): Activation {
  return {
    namespace,
    name: 'a',
    version: '0.0.1',
    subject: 'someone',
    activationId: idOf(index),
    start: 1000,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [],
    ...overrides,
  }
}

export function idOf(index: number): string {
  return index.toString(16).padStart(32, '0')
}

export function recordOfBytes(namespace: string, bytes: number): Activation {
  const empty = Buffer.byteLength(activationText(record(namespace, 1, { logs: [''] })))
  return record(namespace, 1, { logs: [textOfBytes(bytes - empty)] })
}

export async function found(store: ActivationStore, expected: Activation): Promise<void> {
  const stored = await store.get(expected.namespace, expected.activationId)
  assert.ok(stored, `record ${expected.activationId} is missing`)
  // Compared as text first: a diff of a record of megabytes takes longer than a test may.
  if (activationText(stored) !== activationText(expected)) {
    assert.deepEqual(activationJson(stored), activationJson(expected))
  }
}

/** The rows of a scan that belong to a case. */
async function scanOf(store: ActivationStore, prefix: string, after?: string): Promise<ReadableRow[]> {
  const rows: ReadableRow[] = []
  for await (const { cursor, activation } of store.scan(after === undefined ? {} : { after })) {
    if (activation?.namespace.startsWith(prefix)) rows.push({ cursor, activation })
  }
  return rows
}

export async function ids(store: ActivationStore, query: ActivationQuery): Promise<unknown[]> {
  return (await store.list({ ...query, skip: 0, limit: 200, full: false })).map(({ activationId }) => activationId)
}
