import { PlatformError, type DocumentStore } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'
import { brokenDocuments } from './broken-store.ts'

const cutOff = new WeakSet<DocumentStore>()
const damaged = new WeakMap<DocumentStore, Set<string>>()

/** Cuts doubles off from a backend that they do not have, and makes documents of theirs unreadable. */
export const documentHooks: CaseHooks<DocumentStore> = {
  disrupt: async (store) => void cutOff.add(store),
  restore: async (store) => void cutOff.delete(store),
  damage: async (store, id) => void damaged.set(store, (damaged.get(store) ?? new Set()).add(id)),
}

function away(): Error {
  return new PlatformError('ERR_UNAVAILABLE', 'the simulated backend does not answer')
}

function backed(change: (store: DocumentStore, real: DocumentStore) => Partial<DocumentStore>): () => DocumentStore {
  return () => {
    const real = brokenDocuments(() => ({}))()
    const check = (store: DocumentStore, id: string): void => {
      if (cutOff.has(store)) throw away()
      if (damaged.get(store)?.has(id)) throw new PlatformError('ERR_CORRUPT', `'${id}' cannot be read`)
    }
    const store: DocumentStore = brokenDocuments(() => ({
      open: () => real.open(),
      close: () => real.close(),
      put: (id, document, options) => (cutOff.has(store) ? Promise.reject(away()) : real.put(id, document, options)),
      get: async (id) => {
        check(store, id)
        return real.get(id)
      },
      list: async (query) =>
        (await real.list(query)).map((row) => {
          if (!row.stored || !damaged.get(store)?.has(row.id)) return row
          const { stored: _unreadable, ...rest } = row
          return rest
        }),
      scan: async function* (options) {
        for await (const stored of real.scan(options)) {
          try {
            check(store, stored.id)
            yield stored
          } catch (error) {
            if (!(error instanceof PlatformError) || error.code !== 'ERR_CORRUPT' || !options?.unreadable) throw error
            options.unreadable(stored.id, error)
          }
        }
      },
    }))()
    return Object.assign(store, change(store, real))
  }
}

/** Keeps its promises, also when it is cut off or damaged. */
export const backedDocuments = backed(() => ({}))

export const documentOutageDoubles: BrokenDoubles<DocumentStore> = {
  'document.reads-say-when-the-backend-is-away': backed((store, real) => ({
    get: async (id) => {
      if (cutOff.has(store)) throw new Error('connect ECONNREFUSED')
      return real.get(id)
    },
  })),
  'document.writes-say-when-the-backend-is-away': backed((store, real) => ({
    put: async (id, document, options) => {
      if (cutOff.has(store)) return { revision: '1-lost' }
      return real.put(id, document, options)
    },
  })),
}

export const damagedDocumentDoubles: BrokenDoubles<DocumentStore> = {
  'damaged.one-document-is-told-and-the-others-are-as-before': backed((store, real) => ({
    get: async (id) => (damaged.get(store)?.has(id) ? undefined : real.get(id)),
  })),
}
