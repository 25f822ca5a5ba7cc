import assert from 'node:assert/strict'
import { keyPartition, type DocumentStore, type JsonObject } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'

/** What a store of subjects promises of its indexes; the documents are those of OpenWhisk's `subjects` database. */
export const subjectIndexCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'identities.finds-a-namespace-by-its-key-pair',
    async run(store, { uniqueName }) {
      await store.put(uniqueName, subject(uniqueName, ['one', 'two']))
      const found = { namespace: `${uniqueName}-two`, uuid: `${uniqueName}-u-two`, key: 'k-two' }
      assert.deepEqual(await identities(store, keyPartition(found.uuid, found.key)), [found])
    },
  },
  {
    id: 'identities.finds-a-namespace-by-name',
    async run(store, { uniqueName }) {
      await store.put(uniqueName, subject(uniqueName, ['one', 'two']))
      const found = { namespace: `${uniqueName}-one`, uuid: `${uniqueName}-u-one`, key: 'k-one' }
      assert.deepEqual(await identities(store, found.namespace), [found])
    },
  },
  {
    id: 'identities.finds-nothing-for-another-key',
    async run(store, { uniqueName }) {
      await store.put(uniqueName, subject(uniqueName, ['one']))
      const uuid = `${uniqueName}-u-one`
      for (const key of ['k-on', 'k-one ', 'K-ONE', 'k-one\0', '']) {
        assert.deepEqual(await identities(store, keyPartition(uuid, key)), [])
      }
      assert.deepEqual(await identities(store, uuid), [])
    },
  },
  {
    id: 'identities.two-owners-of-one-namespace-are-both-found',
    async run(store, { uniqueName }) {
      const ids = [`${uniqueName}-a`, `${uniqueName}-b`]
      for (const id of ids) {
        const namespaces = [{ name: uniqueName, uuid: `${id}-uuid`, key: 'k' }]
        await store.put(id, { subject: id, namespaces })
      }
      const rows = await store.list({ index: 'identities', partition: uniqueName })
      assert.deepEqual(
        rows.map(({ id }) => id),
        ids,
      )
    },
  },
  {
    id: 'identities.hides-a-blocked-subject',
    async run(store, { uniqueName }) {
      const document = subject(uniqueName, ['one'])
      const first = await store.put(uniqueName, document)
      const blocked = await store.put(uniqueName, { ...document, blocked: true }, first)
      assert.deepEqual(await identities(store, `${uniqueName}-one`), [])
      await store.put(uniqueName, document, blocked)
      assert.equal((await identities(store, `${uniqueName}-one`)).length, 1)
    },
  },
  {
    id: 'blocked.shows-every-namespace-of-a-blocked-subject',
    async run(store, { uniqueName }) {
      const document = subject(uniqueName, ['one', 'two'])
      const first = await store.put(uniqueName, { ...document, blocked: true })
      assert.deepEqual(await blocked(store, uniqueName), [`${uniqueName}-one`, `${uniqueName}-two`])
      await store.put(uniqueName, document, first)
      assert.deepEqual(await blocked(store, uniqueName), [])
    },
  },
  {
    id: 'blocked.shows-a-namespace-with-a-limit-of-zero',
    async run(store, { uniqueName }) {
      const ids = [`${uniqueName}-a/limits`, `${uniqueName}-b/limits`, `${uniqueName}-c/limits`] as const
      const { revision } = await store.put(ids[0], { concurrentInvocations: 0 })
      await store.put(ids[1], { invocationsPerMinute: 0 })
      await store.put(ids[2], { invocationsPerMinute: 1, concurrentInvocations: 1 })
      assert.deepEqual(await blocked(store, uniqueName), [`${uniqueName}-a`, `${uniqueName}-b`])
      await store.delete(ids[0], revision)
      assert.deepEqual(await blocked(store, uniqueName), [`${uniqueName}-b`])
    },
  },
]

function subject(id: string, names: readonly string[]): JsonObject {
  const namespaces = names.map((name) => ({ name: `${id}-${name}`, uuid: `${id}-u-${name}`, key: `k-${name}` }))
  return { subject: id, namespaces }
}

async function identities(store: DocumentStore, partition: string): Promise<unknown[]> {
  return (await store.list({ index: 'identities', partition })).map(({ value }) => value)
}

/** Other cases leave rows in the one partition of this index. */
async function blocked(store: DocumentStore, prefix: string): Promise<string[]> {
  const rows = await store.list({ index: 'blocked-namespaces', partition: '' })
  return rows.flatMap(({ value }) => (typeof value === 'string' && value.startsWith(prefix) ? [value] : []))
}
