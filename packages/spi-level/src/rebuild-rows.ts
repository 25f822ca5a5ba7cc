import {
  ENTITY_INDEXES,
  isPlatformError,
  parseJson,
  readActivation,
  stringifyJson,
  SUBJECT_INDEXES,
  type JsonObject,
  type MaybePromise,
} from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import { activationKeys } from './activation-writer.ts'
import type { Change, CommitQueue, Operation } from './commit-queue.ts'
import type { Damage } from './damage.ts'
import {
  activationRows,
  documentRecord,
  KeySpace,
  readDocument,
  readHeader,
  rowsOf,
  STORE_LETTERS,
  type KeyRange,
  type RowAddress,
} from '@stemcell/core/sorted-store'
import { eachEntry } from './read-rows.ts'
import { rowText } from './record-write.ts'
import type { StoredRecords } from './record-log/stored-records.ts'
import { openText } from './sealed-value.ts'

const BATCH_KEYS = 1000

/** What a document or record is to be stored as, and its rows. */
interface Kept {
  readonly id: string
  readonly value: string
  readonly rows: readonly (RowAddress & { readonly text: string })[]
}

interface DatabaseParts {
  readonly db: ClassicLevel
  readonly commits: CommitQueue
  readonly records: StoredRecords
  readonly damage: Damage
}

export interface StoreRows {
  readonly name: 'entities' | 'subjects' | 'activations'
  readonly keys: KeySpace
  readonly read: (id: string, key: string, sealed: string, records: StoredRecords) => MaybePromise<Kept>
}

export const STORE_ROWS: readonly StoreRows[] = [
  { name: 'entities', keys: new KeySpace(STORE_LETTERS.entities), read: documentReader(ENTITY_INDEXES) },
  { name: 'subjects', keys: new KeySpace(STORE_LETTERS.subjects), read: documentReader(SUBJECT_INDEXES) },
  { name: 'activations', keys: activationKeys(), read: readRecord },
]

/**
 * Makes all rows and numbers of rows of a store anew from its documents or records, as far as these can be read.
 * @param unreadable is called with each that cannot; what it returns is written in its place.
 * @returns how many can be read.
 */
export async function rebuildRows(
  { db, commits, records, damage }: DatabaseParts,
  { keys, read }: StoreRows,
  unreadable: (id: string, key: string) => Change | undefined,
): Promise<number> {
  await clear(db, keys.all('rows'))
  await clear(db, keys.all('counts'))
  let kept = 0
  for await (const [key, sealed] of eachEntry(db, keys.all('documents'))) {
    const id = keys.idOfDocument(key)
    const readable = await tryRead(() => {
      // What was in a damaged part may have been newer.
      damage.require(key, sealed, () => id)
      return read(id, key, sealed, records)
    })
    if (readable) kept++
    const change = readable ? changeTo(keys, key, readable) : unreadable(id, key)
    if (change) await commits.commit(change)
  }
  return kept
}

/** As `db.clear`, which stops where a part of a table is damaged. */
async function clear(db: ClassicLevel, range: KeyRange): Promise<void> {
  let batch = db.batch()
  for await (const [key] of eachEntry(db, range)) {
    batch.del(key)
    if (batch.length < BATCH_KEYS) continue
    await batch.write()
    batch = db.batch()
  }
  await batch.write()
}

function documentReader(indexes: typeof ENTITY_INDEXES): StoreRows['read'] {
  return (id, key, sealed) => {
    const record = openText(key, sealed, () => id)
    const { revision, document } = readDocument(id, record)
    const rows = rowsOf(indexes, id, document)
    const { attachments } = readHeader(id, record)
    return { id, rows, value: documentRecord({ revision, attachments, rows }, stringifyJson(document)) }
  }
}

async function readRecord(id: string, key: string, sealed: string, records: StoredRecords): Promise<Kept> {
  const value = openText(key, sealed, () => id)
  const record = await records.resolve(key, value)
  const activation = readActivation(parseJson(record) as JsonObject)
  const text = rowText(activation, record)
  const rows = activationRows(activation).map((row) => ({ ...row, text }))
  return { id: activation.activationId, rows, value }
}

function changeTo(keys: KeySpace, key: string, { id, value, rows }: Kept): Change {
  const operations: Operation[] = [{ type: 'put', key, value }]
  for (const row of rows) operations.push({ type: 'put', key: keys.row(id, row), value: row.text })
  const counts = rows.map(({ index, partition }) => [keys.rowCount(index, partition), 1] as const)
  return { operations, counts, bytes: value.length, lasting: false }
}

async function tryRead(read: () => MaybePromise<Kept>): Promise<Kept | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof SyntaxError || isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
