import type { IndexQuery, IndexRow, JsonObject, JsonValue } from '@stemcell/core'
import type { Database } from '../http/database.ts'

/** How an index of core is realised by a view of OpenWhisk. */
export interface IndexView {
  /** Rows without their documents. */
  list(database: Database, query: Omit<IndexQuery, 'documents'>): Promise<readonly IndexRow[]>
  count(database: Database, query: Pick<IndexQuery, 'partition' | 'from' | 'to'>): Promise<number>
}

/** For views whose rows have no order of their own: the few rows of a partition are read and cut here. */
export function unorderedView(
  rowsOf: (database: Database, partition: string) => Promise<readonly { id: string; value: JsonValue }[]>,
): IndexView {
  const read = async (
    database: Database,
    { partition, from = 0, to = 0 }: Pick<IndexQuery, 'partition' | 'from' | 'to'>,
  ): Promise<readonly IndexRow[]> => {
    if (from > 0 || to < 0) return []
    const rows = await rowsOf(database, partition)
    return rows
      .map(({ id, value }) => ({ id, order: 0, value }))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  }
  return {
    async list(database, { skip = 0, limit, descending = false, ...query }) {
      const rows = await read(database, query)
      const ordered = descending ? rows.toReversed() : rows
      return ordered.slice(skip, limit === undefined ? undefined : skip + limit)
    },
    count: async (database, query) => (await read(database, query)).length,
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
