import assert from 'node:assert/strict'
import type { ActivationStore } from '@stemcell/core'
import { found, idOf, ids, record } from './activation-store-cases.ts'
import { soon, whileCutOff, type ConformanceCase } from '../kit/conformance-case.ts'

async function scanned(store: ActivationStore): Promise<number> {
  let rows = 0
  for await (const row of store.scan()) if (row.cursor !== '') rows++
  return rows
}

/** What becomes of calls about activation records when the backend is out of reach. */
export const activationOutageCases: readonly ConformanceCase<ActivationStore>[] = [
  {
    id: 'record.reads-say-when-the-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const { uniqueName: ns } = context
      const stored = record(ns, 1)
      await store.put(stored)
      await whileCutOff(context, 'get', () => store.get(ns, idOf(1)))
      await soon('reading after the outage', context, () => store.get(ns, idOf(1)))
      await whileCutOff(context, 'list', () => store.list({ namespace: ns, skip: 0, limit: 10, full: true }))
      await soon('listing after the outage', context, () => ids(store, { namespace: ns }))
      await whileCutOff(context, 'scan', () => scanned(store))
      await soon('scanning after the outage', context, () => scanned(store))
      await found(store, stored)
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
    },
  },
  {
    id: 'record.writes-say-when-the-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const { uniqueName: ns } = context
      const lost = record(ns, 1)
      const outcome = await whileCutOff(context, 'put', () => store.put(lost))
      await soon('reading after the outage', context, () => store.get(ns, idOf(1)))
      if (outcome === 'fulfilled') await found(store, lost)
      // Its outcome is unknown, and storing it again is safe.
      await soon('storing it again', context, async () => store.put(lost))
      await found(store, lost)
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
      if (!store.putAll) return
      const several = [record(ns, 2), record(ns, 3)]
      await whileCutOff(context, 'putAll', () => store.putAll!(several))
      await soon('storing each again', context, () => Promise.all(several.map(async (one) => store.put(one))))
      for (const one of several) await found(store, one)
      assert.equal((await ids(store, { namespace: ns })).length, 3)
    },
  },
  {
    id: 'provisional.says-when-the-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run(store, context) {
      const { uniqueName: ns } = context
      await whileCutOff(context, 'putProvisional', () => store.putProvisional(ns, record(ns, 1)))
      await soon('putting it again', context, async () => store.putProvisional(ns, record(ns, 1)))
      await whileCutOff(context, 'finalizeOrphans', () => store.finalizeOrphans(ns))
      await soon('finalising after the outage', context, () => store.finalizeOrphans(ns))
      await found(store, record(ns, 1))
      assert.deepEqual(await ids(store, { namespace: ns }), [idOf(1)])
    },
  },
]
