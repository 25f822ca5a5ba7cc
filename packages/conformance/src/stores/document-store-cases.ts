import assert from 'node:assert/strict'
import { canonicalJson, parseJson, type DocumentStore, type JsonObject } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { EXACT_NUMBERS, refuses, textOfBytes, winners } from './store-subject.ts'

const CLIENTS = 100

/** What every document store promises of single documents, whatever its indexes. */
export const documentStoreCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'document.is-returned-as-put',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, { kind: 'sample', count: 1 })
      assert.deepEqual(await store.get(id), { id, revision, document: { kind: 'sample', count: 1 } })
    },
  },
  {
    id: 'document.absent-is-undefined',
    async run(store, { uniqueName }) {
      assert.equal(await store.get(uniqueName), undefined)
    },
  },
  {
    id: 'document.any-json-survives',
    async run(store, { uniqueName }) {
      await store.put(uniqueName, JSON.parse(ANY_JSON) as JsonObject)
      const stored = await store.get(uniqueName)
      assert.equal(JSON.stringify(sorted(stored?.document)), JSON.stringify(sorted(JSON.parse(ANY_JSON))))
    },
  },
  {
    id: 'document.numbers-are-as-they-were-written',
    async run(store, { uniqueName: id }) {
      const document = parseJson(EXACT_NUMBERS) as JsonObject
      const { revision } = await store.put(id, document)
      assert.equal(canonicalJson((await store.get(id))!.document), canonicalJson(document))
      await store.put(id, { ...document, more: 1 }, { revision })
      for await (const stored of store.scan({ prefix: id })) {
        assert.equal(canonicalJson(stored.document), canonicalJson({ ...document, more: 1 }))
      }
    },
  },
  {
    id: 'document.ids-are-exact-text',
    async run(store, { uniqueName }) {
      const ids = [
        'a b',
        'a&b',
        'a@b',
        'a.b',
        'a%20b',
        'a+b',
        'a?b#c',
        'a/b',
        'a/b/c',
        'A',
        'a',
        'é',
        'é',
        "'",
        '"',
        '\\',
        'a_b',
        'a:b',
        'a,b',
        '日本',
        '😀',
        'x'.repeat(500),
      ].map((tail) => `${uniqueName}/${tail}`.slice(0, 513))
      for (const [index, id] of ids.entries()) await store.put(id, { index })
      for (const [index, id] of ids.entries()) {
        const stored = await store.get(id)
        assert.deepEqual([stored?.id, stored?.document], [id, { index }])
      }
    },
  },
  {
    id: 'document.creation-refuses-an-existing-id',
    async run(store, { uniqueName: id }) {
      await store.put(id, { count: 1 })
      await refuses('ERR_CONFLICT', () => store.put(id, { count: 2 }))
      assert.deepEqual((await store.get(id))?.document, { count: 1 })
    },
  },
  {
    id: 'document.update-replaces-the-whole',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, { old: 1, count: 1 })
      const updated = await store.put(id, { count: 2 }, { revision })
      assert.deepEqual(await store.get(id), { id, revision: updated.revision, document: { count: 2 } })
    },
  },
  {
    id: 'document.update-refuses-an-old-revision',
    async run(store, { uniqueName: id }) {
      const first = await store.put(id, { count: 1 })
      await store.put(id, { count: 2 }, { revision: first.revision })
      await refuses('ERR_CONFLICT', () => store.put(id, { count: 3 }, { revision: first.revision }))
      assert.deepEqual((await store.get(id))?.document, { count: 2 })
    },
  },
  {
    id: 'document.update-refuses-an-absent-id',
    async run(store, { uniqueName }) {
      const [kept, gone] = [`${uniqueName}/kept`, `${uniqueName}/gone`]
      const { revision } = await store.put(kept, {})
      await refuses('ERR_CONFLICT', () => store.put(`${uniqueName}/never`, {}, { revision }))
      const { revision: last } = await store.put(gone, {})
      await store.delete(gone, last)
      await refuses('ERR_CONFLICT', () => store.put(gone, {}, { revision: last }))
      assert.equal(await store.get(gone), undefined)
    },
  },
  {
    id: 'document.revision-changes-on-every-write',
    async run(store, { uniqueName: id }) {
      const first = await store.put(id, { same: true })
      const second = await store.put(id, { same: true }, { revision: first.revision })
      const third = await store.put(id, { same: true }, { revision: second.revision })
      assert.equal(new Set([first.revision, second.revision, third.revision]).size, 3)
    },
  },
  {
    id: 'document.deletion-removes',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {})
      await store.delete(id, revision)
      assert.equal(await store.get(id), undefined)
    },
  },
  {
    id: 'document.deletion-refuses-an-old-revision',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, { count: 1 })
      await store.put(id, { count: 2 }, { revision })
      await refuses('ERR_CONFLICT', () => store.delete(id, revision))
      assert.deepEqual((await store.get(id))?.document, { count: 2 })
    },
  },
  {
    id: 'document.deletion-refuses-an-absent-id',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {})
      await store.delete(id, revision)
      await refuses('ERR_CONFLICT', () => store.delete(id, revision))
    },
  },
  {
    id: 'document.made-again-refuses-its-old-revision',
    async run(store, { uniqueName: id }) {
      const { revision: old } = await store.put(id, { same: true })
      await store.delete(id, old)
      const { revision } = await store.put(id, { same: true })
      await refuses('ERR_CONFLICT', () => store.put(id, { late: true }, { revision: old }))
      await refuses('ERR_CONFLICT', () => store.delete(id, old))
      assert.deepEqual(await store.get(id), { id, revision, document: { same: true } })
    },
  },
  {
    id: 'document.one-of-many-creators-wins',
    async run(store, { uniqueName: id }) {
      const attempts = Array.from({ length: CLIENTS }, (_, client) => store.put(id, { client }))
      assert.equal(await winners('ERR_CONFLICT', attempts), 1)
    },
  },
  {
    id: 'document.one-of-many-updaters-wins-each-revision',
    async run(store, { uniqueName: id }) {
      let { revision } = await store.put(id, {})
      for (let round = 0; round < 3; round++) {
        const attempts = Array.from({ length: CLIENTS }, (_, client) => store.put(id, { round, client }, { revision }))
        assert.equal(await winners('ERR_CONFLICT', attempts), 1)
        const stored = await store.get(id)
        assert.equal(stored?.document['round'], round)
        revision = stored.revision
      }
    },
  },
  {
    id: 'document.given-object-stays-the-callers',
    async run(store, { uniqueName: id }) {
      const document: JsonObject = { list: [1], nested: { value: 1 } }
      await store.put(id, document)
      ;(document['nested'] as JsonObject)['value'] = 2
      document['added'] = true
      assert.deepEqual((await store.get(id))?.document, { list: [1], nested: { value: 1 } })
    },
  },
  {
    id: 'document.returned-object-is-the-callers',
    async run(store, { uniqueName: id }) {
      await store.put(id, { nested: { value: 1 } })
      const stored = await store.get(id)
      ;(stored!.document['nested'] as JsonObject)['value'] = 2
      assert.deepEqual((await store.get(id))?.document, { nested: { value: 1 } })
    },
  },
  {
    id: 'document.largest-is-stored',
    async run(store, { uniqueName: id }) {
      const document = documentOfBytes(store.capabilities.maxDocumentBytes)
      await store.put(id, document)
      assert.equal((await store.get(id))?.document['text'], document['text'])
    },
  },
  {
    id: 'document.larger-is-refused',
    async run(store, { uniqueName: id }) {
      const tooLarge = documentOfBytes(store.capabilities.maxDocumentBytes + 1)
      await refuses('ERR_TOO_LARGE', () => store.put(id, tooLarge))
      assert.equal(await store.get(id), undefined)
    },
  },
  {
    id: 'scan.yields-every-document-in-order-of-id',
    async run(store, { uniqueName: prefix }) {
      const revisions = new Map<string, string>()
      for (const name of ['b', 'a', 'c/d', 'c', 'a b', 'B']) {
        revisions.set(`${prefix}/${name}`, (await store.put(`${prefix}/${name}`, { name })).revision)
      }
      const all: string[] = []
      for await (const { id } of store.scan()) if (id.startsWith(prefix)) all.push(id)
      assert.deepEqual(all, [...revisions.keys()].sort())
      for await (const { id, revision, document } of store.scan({ prefix: `${prefix}/` })) {
        assert.equal(revision, revisions.get(id))
        assert.deepEqual(document, { name: id.slice(prefix.length + 1) })
        revisions.delete(id)
      }
      assert.equal(revisions.size, 0)
    },
  },
  {
    id: 'scan.keeps-to-its-prefix',
    async run(store, { uniqueName }) {
      for (const name of ['a', 'a/1', 'a/2', 'a0', 'a b', 'b']) await store.put(`${uniqueName}-${name}`, {})
      assert.deepEqual(await idsOf(store.scan({ prefix: `${uniqueName}-a/` })), [
        `${uniqueName}-a/1`,
        `${uniqueName}-a/2`,
      ])
    },
  },
  {
    id: 'scan.resumes-behind-an-id',
    async run(store, { uniqueName: prefix }) {
      for (const name of ['a', 'b', 'c', 'd']) await store.put(`${prefix}/${name}`, {})
      assert.deepEqual(await idsOf(store.scan({ prefix, after: `${prefix}/b` })), [`${prefix}/c`, `${prefix}/d`])
      assert.deepEqual(await idsOf(store.scan({ prefix, after: `${prefix}/bb` })), [`${prefix}/c`, `${prefix}/d`])
    },
  },
  {
    id: 'lifecycle.closed-store-refuses',
    async run(store, { uniqueName: id }) {
      const { revision } = await store.put(id, {})
      await store.close()
      await refuses('ERR_CLOSED', () => store.get(id))
      await refuses('ERR_CLOSED', () => store.put(`${id}/2`, {}))
      await refuses('ERR_CLOSED', () => store.delete(id, revision))
      await refuses('ERR_CLOSED', () => store.readAttachment(id, 'code'))
      await refuses('ERR_CLOSED', () => store.attachments(id))
      await refuses('ERR_CLOSED', () => idsOf(store.scan()))
    },
  },
  {
    id: 'lifecycle.open-and-close-may-be-repeated',
    async run(store, { uniqueName: id }) {
      await Promise.all([store.open(), store.open()])
      await store.put(id, {})
      await Promise.all([store.close(), store.close()])
      await store.close()
      await refuses('ERR_CLOSED', () => store.get(id))
    },
  },
  {
    id: 'lifecycle.closed-store-opens-again',
    async run(store, { uniqueName: id }) {
      await store.close()
      await store.open()
      await store.put(id, { again: true })
      assert.deepEqual((await store.get(id))?.document, { again: true })
    },
  },
  {
    id: 'lifecycle.close-finishes-writes-that-run',
    async run(store, { uniqueName }) {
      const writes = Array.from({ length: 20 }, (_, index) => store.put(`${uniqueName}/${index}`, { index }))
      await store.close()
      await Promise.all(writes)
    },
  },
]

/** Cases that need a second object on the same data. */
export function durableDocumentStoreCases<S extends DocumentStore>(
  reopen: ((closed: S) => S | Promise<S>) | undefined,
): readonly ConformanceCase<S>[] {
  return [
    {
      id: 'durable.another-object-reads-what-was-put',
      skip: ({ capabilities }) => (capabilities.durable ? undefined : 'the store is not durable'),
      async run(store, { uniqueName }) {
        assert.ok(reopen, 'a durable store needs the option `reopen`')
        const [kept, gone] = [`${uniqueName}/kept`, `${uniqueName}/gone`]
        const code = { contentType: 'text/plain', bytes: Buffer.from('code') }
        const { revision } = await store.put(kept, { count: 1 }, { attachments: { code } })
        await store.delete(gone, (await store.put(gone, {})).revision)
        await store.close()
        const second = await reopen(store)
        try {
          await second.open()
          assert.deepEqual(await second.get(kept), { id: kept, revision, document: { count: 1 } })
          assert.equal(Buffer.from((await second.readAttachment(kept, 'code')) ?? []).toString(), 'code')
          assert.equal(await second.get(gone), undefined)
          await second.put(kept, { count: 2 }, { revision })
        } finally {
          await second.close()
        }
      },
    },
  ]
}

const ANY_JSON = `{"text":"é 日本 😀 \\u0000 \\t \\" \\\\ /","empty":"","zero":0,"negative":-1.5,"large":9007199254740991,
  "small":1e-9,"yes":true,"no":false,"nothing":null,"list":[1,[2,[]],{}],"object":{"":1,"a b":{"c.d":[null]}},
  "$dollar":1,"with.dot":2,"constructor":{"prototype":1}}`

/** Members in a fixed order: a store may keep them in its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, item]) => [key, sorted(item)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function documentOfBytes(bytes: number): JsonObject {
  return { text: textOfBytes(bytes - '{"text":""}'.length) }
}

async function idsOf(documents: AsyncIterable<{ readonly id: string }>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of documents) ids.push(id)
  return ids
}
