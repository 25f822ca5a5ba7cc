import { isPlatformError, type Logger } from '@stemcell/core'
import { Refused } from '../http/couch-client.ts'
import type { Database } from '../http/database.ts'
import type { ExpiredRecord } from './expired-record.ts'

/** Removes records and says how many of them this call removed. */
export type RemoveRecords = (database: Database, records: readonly ExpiredRecord[]) => Promise<number>

/** What a server accepts in one request as it is delivered: `[purge] max_document_id_number`. */
const MOST_PURGED = 100

interface BulkRow {
  readonly id: string
  readonly rev?: string
  readonly error?: string
}

/** A removed record leaves a mark of some hundred bytes for ever. */
export const deleteRecords: RemoveRecords = async (database, records) => {
  if (records.length === 0) return 0
  const docs = records.map(({ id, revision }) => ({ _id: id, _rev: revision, _deleted: true }))
  const { json } = await database.bulk<readonly BulkRow[]>(JSON.stringify({ docs }))
  // What somebody else removed at the same time is a conflict.
  return json.filter(({ rev, error }) => error === undefined && rev !== undefined).length
}

/**
 * Purges: a removed record leaves nothing, and its space is free after the next compaction, which CouchDB does by
 * itself. What the account or the server refuses to purge is deleted; the next call tries again.
 */
export function purgeOrDelete(logger: Logger): RemoveRecords {
  let isRefused = false
  return async (database, records) => {
    let removed = 0
    for (let start = 0; start < records.length; start += MOST_PURGED) {
      try {
        removed += await purge(database, records.slice(start, start + MOST_PURGED))
        isRefused = false
      } catch (err) {
        if (!isRefusal(err)) throw err
        if (!isRefused) {
          const what = 'records cannot be purged and are deleted, which leaves marks of them'
          logger.warn({ err, database: database.name }, what)
        }
        isRefused = true
        return removed + (await deleteRecords(database, records.slice(start)))
      }
    }
    return removed
  }
}

async function purge(database: Database, records: readonly ExpiredRecord[]): Promise<number> {
  const { purged } = await database.ask<{ readonly purged: Readonly<Record<string, readonly string[]>> }>(
    '/_purge',
    {},
    Object.fromEntries(records.map(({ id, revision }) => [id, [revision]])),
  )
  return Object.values(purged).filter((revisions) => revisions.length > 0).length
}

function isRefusal(error: unknown): boolean {
  return isPlatformError(error, 'ERR_UNAVAILABLE') && error.cause instanceof Refused
}
