import { PlatformError, type Activation, type ActivationStore } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'
import { brokenActivations } from './broken-store.ts'

const cutOff = new WeakSet<ActivationStore>()

/** Cuts doubles off from a backend that they do not have. */
export const activationHooks: CaseHooks<ActivationStore> = {
  disrupt: async (store) => void cutOff.add(store),
  restore: async (store) => void cutOff.delete(store),
}

type Changes = Partial<Record<keyof ActivationStore, unknown>>

function backed(change: (store: ActivationStore, real: ActivationStore) => Changes): () => ActivationStore {
  return () => {
    const real = brokenActivations(() => ({}))()
    const through = <T>(action: () => T | Promise<T>): Promise<T> =>
      cutOff.has(store)
        ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'the simulated backend does not answer'))
        : Promise.resolve(action())
    const store: ActivationStore = brokenActivations(() => ({
      open: () => real.open(),
      close: () => real.close(),
      put: (record: Parameters<ActivationStore['put']>[0]) => through(() => real.put(record)),
      putAll: (records: readonly Activation[]) => through(() => real.putAll!(records)),
      putProvisional: (...given: Parameters<ActivationStore['putProvisional']>) =>
        through(() => real.putProvisional(...given)),
      finalizeOrphans: (owner: string) => through(() => real.finalizeOrphans(owner)),
      get: (...given: Parameters<ActivationStore['get']>) => through(() => real.get(...given)),
      list: (query: Parameters<ActivationStore['list']>[0]) => through(async () => real.list({ ...query, full: true })),
      scan: async function* (options?: Parameters<ActivationStore['scan']>[0]) {
        await through(() => undefined)
        yield* real.scan(options)
      },
    }))()
    return Object.assign(store, change(store, real))
  }
}

/** Keeps its promises, also when it is cut off. */
export const backedActivations = backed(() => ({}))

export const activationOutageDoubles: BrokenDoubles<ActivationStore> = {
  'record.reads-say-when-the-backend-is-away': backed((store, real) => ({
    get: async (namespace: string, id: string) => (cutOff.has(store) ? undefined : real.get(namespace, id)),
  })),
  'record.writes-say-when-the-backend-is-away': backed((store, real) => ({
    put: async (record: Parameters<ActivationStore['put']>[0]) => {
      if (cutOff.has(store)) throw new Error('connect ECONNREFUSED')
      return real.put(record)
    },
  })),
  'provisional.says-when-the-backend-is-away': backed((store, real) => ({
    finalizeOrphans: async (owner: string) => (cutOff.has(store) ? 0 : real.finalizeOrphans(owner)),
  })),
}
