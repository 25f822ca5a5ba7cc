import {
  ENTITY_INDEXES,
  isPlatformError,
  SUBJECT_INDEXES,
  type DocumentStore,
  type IndexDefinition,
  type IndexEntry,
  type IndexRow,
} from '@stemcell/core'
import { brokenDocuments as broken, omit } from './broken-store.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

export const entityIndexDoubles: BrokenDoubles<DocumentStore> = {
  'index.shows-each-kind-with-its-summary': broken((real) => ({
    async list(query) {
      const rows = await real.list({ ...query, documents: true })
      return rows.map((row) => ({ ...row, value: row.stored!.document }))
    },
  })),
  'index.packaged-entity-is-under-both-paths': brokenIndexes(ENTITY_INDEXES, (entries) => entries.slice(0, 1)),
  'index.partitions-are-exact-text': broken((real) => ({
    list: (query) => real.list({ ...query, partition: query.partition.trim() }),
  })),
  'index.names-that-compare-as-equal-are-apart': broken((real) => ({
    count: (query) => real.count({ ...query, partition: query.partition.normalize('NFC') }),
  })),
  'index.is-ordered-by-number': broken((real) => ({
    list: async (query) => (await real.list(query)).toSorted((a, b) => (String(a.order) < String(b.order) ? -1 : 1)),
  })),
  'index.equal-orders-are-by-id': broken((real) => ({
    list: async (query) => (await real.list(query)).toSorted((a, b) => a.order - b.order || a.id.localeCompare(b.id)),
  })),
  'index.descending-is-the-reverse': broken((real) => ({
    list: async (query) => (await real.list(query)).toSorted((a, b) => b.order - a.order || (a.id < b.id ? -1 : 1)),
  })),
  'index.bounds-are-inclusive': broken((real) => ({
    list: ({ to, ...query }) => real.list(to === undefined ? query : { ...query, to: to - 1 }),
  })),
  'index.skip-and-limit-cut-a-page': broken((real) => ({
    list: async ({ skip = 0, ...query }) => (await real.list(query)).slice(skip),
  })),
  'index.limit-of-zero-is-none': broken((real) => ({
    list: ({ limit, ...query }) => real.list(limit ? { ...query, limit } : query),
  })),
  'index.without-limit-is-all': broken((real) => ({ list: (query) => real.list({ limit: 200, ...query }) })),
  'index.documents-come-when-asked-for': broken((real) => ({
    list: (query) => real.list(omit(query, 'documents')),
  })),
  'index.count-honours-bounds': broken((real) => ({
    count: ({ index, partition }) => real.count({ index, partition }),
  })),
  'index.follows-an-update': broken((real) => {
    const old: IndexRow[] = []
    return {
      async put(id, document, options) {
        const before = await real.list({ index: 'actions', partition: String(id.split('/', 1)) })
        const result = await real.put(id, document, options)
        old.push(...before)
        return result
      },
      list: async (query) => [...(await real.list(query)), ...old],
    }
  }),
  'index.follows-a-deletion': broken((real) => {
    const old: IndexRow[] = []
    return {
      async delete(id, revision) {
        old.push(...(await real.list({ index: 'actions', partition: String(id.split('/', 1)) })))
        await real.delete(id, revision)
        old.splice(0, old.length, ...old.filter((row) => row.id === id))
      },
      list: async (query) => [...(await real.list(query)), ...old],
    }
  }),
  'index.ignores-a-refused-write': broken((real) => {
    const refused: IndexRow[] = []
    return {
      async put(id, document, options) {
        try {
          return await real.put(id, document, options)
        } catch (error) {
          if (isPlatformError(error, 'ERR_CONFLICT')) refused.push({ id, order: 2, value: null })
          throw error
        }
      },
      list: async (query) => [...(await real.list(query)), ...refused],
    }
  }),
  'index.is-never-behind-a-write': broken((real) => {
    let last: readonly IndexRow[] = []
    return {
      async list(query) {
        const before = last
        last = await real.list(query)
        return before
      },
    }
  }),
  'index.rows-are-the-callers': broken((real) => {
    let rows: readonly IndexRow[] | undefined
    return { list: async (query) => (rows ??= await real.list(query)) }
  }),
  'index.refuses-wrong-arguments': broken((real) => ({
    list: ({ skip = 0, ...query }) => real.list({ ...query, skip: Math.max(0, Math.floor(skip)) }),
  })),
  'index.closed-store-refuses': broken((real) => ({
    list: async (query) => {
      try {
        return await real.list(query)
      } catch (error) {
        if (isPlatformError(error, 'ERR_CLOSED')) return []
        throw error
      }
    },
  })),
}

export const subjectIndexDoubles: BrokenDoubles<DocumentStore> = {
  'identities.finds-a-namespace-by-its-key-pair': brokenIndexes(SUBJECT_INDEXES, (entries) =>
    entries.filter(({ partition }) => !partition.includes(':')),
  ),
  'identities.finds-a-namespace-by-name': brokenIndexes(SUBJECT_INDEXES, (entries) =>
    entries.filter(({ partition }) => partition === '' || partition.includes(':')),
  ),
  'identities.finds-nothing-for-another-key': broken(
    (real) => ({ list: (query) => real.list({ ...query, partition: query.partition.trim() }) }),
    SUBJECT_INDEXES,
  ),
  'identities.two-owners-of-one-namespace-are-both-found': broken(
    (real) => ({ list: (query) => real.list({ ...query, limit: 1 }) }),
    SUBJECT_INDEXES,
  ),
  'identities.hides-a-blocked-subject': broken(
    (real) => ({ put: (id, document, options) => real.put(id, omit(document, 'blocked'), options) }),
    SUBJECT_INDEXES,
  ),
  'blocked.shows-every-namespace-of-a-blocked-subject': brokenIndexes(SUBJECT_INDEXES, (entries) =>
    entries.slice(0, 1),
  ),
  'blocked.shows-a-namespace-with-a-limit-of-zero': brokenIndexes(SUBJECT_INDEXES, (entries, id) =>
    id.endsWith('/limits') ? [] : entries,
  ),
}

function brokenIndexes(
  indexes: readonly IndexDefinition[],
  change: (entries: readonly IndexEntry[], id: string) => readonly IndexEntry[],
): () => DocumentStore {
  return broken(
    () => ({}),
    indexes.map(({ name, map }) => ({ name, map: (id, document) => change(map(id, document), id) })),
  )
}
