import assert from 'node:assert/strict'
import type { DocumentStore } from '@stemcell/core'
import { soon, whileCutOff, type ConformanceCase } from '../kit/conformance-case.ts'

async function scanned(store: DocumentStore, prefix: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of store.scan({ prefix })) ids.push(id)
  return ids
}

/** What becomes of calls when the backend is out of reach. */
export const documentOutageCases: readonly ConformanceCase<DocumentStore>[] = [
  {
    id: 'document.reads-say-when-the-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const { uniqueName: id } = context
      const { revision } = await store.put(id, { count: 1 })
      await whileCutOff(context, 'get', () => store.get(id))
      await soon('reading after the outage', context, () => store.get(id))
      await whileCutOff(context, 'scan', () => scanned(store, id))
      await soon('scanning after the outage', context, () => scanned(store, id))
      assert.equal((await store.get(id))?.revision, revision)
    },
  },
  {
    id: 'document.writes-say-when-the-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const { uniqueName: id } = context
      const outcome = await whileCutOff(context, 'put', () => store.put(id, { count: 1 }))
      await soon('reading after the outage', context, () => store.get(id))
      if (outcome === 'fulfilled') assert.deepEqual((await store.get(id))?.document, { count: 1 })
      await soon('writing after the outage', context, () => store.put(`${id}-2`, { count: 2 }))
      assert.deepEqual((await store.get(`${id}-2`))?.document, { count: 2 })
    },
  },
]
