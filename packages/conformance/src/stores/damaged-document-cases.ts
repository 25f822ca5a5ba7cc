import assert from 'node:assert/strict'
import type { DocumentStore, JsonObject } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from './store-subject.ts'

const action = (namespace: string, name: string): JsonObject => ({
  namespace,
  name,
  entityType: 'action',
  updated: 1,
  exec: { kind: 'x:1' },
})

async function idsOf(store: DocumentStore, prefix: string, unreadable?: (id: string) => void): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of store.scan({ prefix, ...(unreadable ? { unreadable } : {}) })) ids.push(id)
  return ids
}

/** One document that cannot be read is told, and costs nobody the others. */
export const damagedDocumentCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'damaged.one-document-is-told-and-the-others-are-as-before',
    needs: ['damage'],
    async run(store, context) {
      const ns = context.uniqueName
      const [first, damaged, last] = [`${ns}/a`, `${ns}/b`, `${ns}/c`]
      const { revision } = await store.put(first, action(ns, 'a'))
      await store.put(damaged, action(ns, 'b'))
      await store.put(last, action(ns, 'c'))
      await store.close()
      await context.damage(damaged)
      await store.open()

      await refuses('ERR_CORRUPT', () => store.get(damaged))
      assert.deepEqual((await store.get(first))?.document, action(ns, 'a'))
      const told: string[] = []
      assert.deepEqual(await idsOf(store, `${ns}/`, (id) => told.push(id)), [first, last])
      assert.deepEqual(told, [damaged])
      await refuses('ERR_CORRUPT', () => idsOf(store, `${ns}/`))
      const rows = await store.list({ index: 'actions', partition: ns, documents: true })
      assert.deepEqual(
        rows.flatMap(({ id, stored }) => (stored ? [id] : [])),
        [first, last],
      )
      const light = (await store.list({ index: 'actions', partition: ns })).map(({ id }) => id)
      assert.deepEqual(
        light.filter((id) => id !== damaged),
        [first, last],
      )

      await store.put(`${ns}/d`, action(ns, 'd'))
      await store.put(first, { ...action(ns, 'a'), updated: 2 }, { revision })
      assert.deepEqual(await idsOf(store, `${ns}/`, () => undefined), [first, last, `${ns}/d`])
    },
  },
]
