import { isPlatformError, PlatformError, type JsonObject } from '@stemcell/core'
import { Refused } from '../http/couch-client.ts'
import type { Database } from '../http/database.ts'
import type { RecordBody } from './record-form.ts'

export type PutOutcome = 'stored' | 'exists'

interface BulkRow {
  readonly id: string
  readonly rev?: string
  readonly error?: string
  readonly reason?: string
}

/**
 * Writes records of different ids with one request. What became of each is told by itself: a record that is there
 * already, or one that is too large, does not concern the others.
 * @throws ERR_UNAVAILABLE of which records are stored, nothing is known.
 */
export async function writeRecords(
  database: Database,
  records: readonly RecordBody[],
): Promise<readonly (PutOutcome | PlatformError)[]> {
  let rows: readonly BulkRow[]
  let mayBeOurs: boolean
  try {
    const reply = await database.bulk<readonly BulkRow[]>(`{"docs":[${records.map(({ text }) => text).join(',')}]}`)
    rows = reply.json
    mayBeOurs = reply.repeated
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) throw error
    // Because of one of them, or of all together.
    if (records.length === 1) return [refusal]
    const middle = records.length >> 1
    const first = await writeRecords(database, records.slice(0, middle))
    return [...first, ...(await writeRecords(database, records.slice(middle)))]
  }
  const byId = new Map(rows.map((row) => [row.id, row]))
  const outcomes = records.map(({ id }): PutOutcome | PlatformError => outcomeOf(id, byId.get(id)))
  return mayBeOurs ? recognised(database, records, outcomes) : outcomes
}

/** What CouchDB said against what it was sent, which it would say again. It has no better code than that of the size. */
export function refusalOf(error: unknown): PlatformError | undefined {
  if (isPlatformError(error, 'ERR_TOO_LARGE')) return error
  if (!isPlatformError(error) || !(error.cause instanceof Refused) || error.cause.status !== 400) return undefined
  return new PlatformError('ERR_TOO_LARGE', error.message, { cause: error.cause })
}

function outcomeOf(id: string, row: BulkRow | undefined): PutOutcome | PlatformError {
  if (row?.error === undefined && row?.rev !== undefined) return 'stored'
  if (row?.error === 'conflict') return 'exists'
  const said = `${row?.error ?? 'no answer'}${row?.reason ? `: ${row.reason}` : ''}`
  return new PlatformError('ERR_UNAVAILABLE', `CouchDB does not store the record '${id}' (${said})`)
}

/** After a request was sent twice, what is there may be what its first sending wrote. */
async function recognised(
  database: Database,
  records: readonly RecordBody[],
  outcomes: readonly (PutOutcome | PlatformError)[],
): Promise<readonly (PutOutcome | PlatformError)[]> {
  const doubtful = records.filter((_, index) => outcomes[index] === 'exists')
  if (doubtful.length === 0) return outcomes
  const { rows } = await database.askKeys<{ readonly rows: readonly { readonly doc?: JsonObject | null }[] }>(
    '/_all_docs',
    { include_docs: true },
    doubtful.map(({ id }) => id),
  )
  const ours = new Set(doubtful.filter(({ text }, index) => isSame(text, rows[index]?.doc)).map(({ id }) => id))
  return outcomes.map((outcome, index) => (ours.has(records[index]!.id) ? 'stored' : outcome))
}

function isSame(text: string, document: JsonObject | null | undefined): boolean {
  if (!document) return false
  const { _rev: _, ...stored } = document
  return canonical(JSON.parse(text)) === canonical(stored)
}

/** Members in a fixed order: CouchDB keeps them in its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
