import {
  activationSummary,
  adapterContext,
  ENTITY_INDEXES,
  isPlatformError,
  PlatformError,
  readActivation,
  SUBJECT_INDEXES,
  type JsonObject,
} from '@stemcell/core'
import { ClassicLevel } from 'classic-level'
import { activationRows } from './activation-rows.ts'
import { activationKeys } from './activation-writer.ts'
import type { Change, Operation } from './commit-queue.ts'
import { documentRecord, readDocument, readHeader } from './document-record.ts'
import type { KeySpace, RowAddress } from './key-space.ts'
import { ensureFolder, LevelDatabase } from './level-database.ts'
import { documentKeys, rowsOf } from './level-document-store.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { openText } from './sealed-value.ts'
import { codeOf } from './to-platform-error.ts'

export interface RepairReport {
  readonly documents: number
  readonly activations: number
  /** Ids of what was there and could not be read; it is removed. What left no trace is not listed. */
  readonly lost: readonly string[]
}

interface Kept {
  readonly value: string
  readonly rows: readonly (RowAddress & { readonly text: string })[]
  readonly id: string
}

/**
 * Makes a damaged database usable again: keeps the documents and records that can still be read and makes all index
 * rows anew. Copy the folder first. Nothing else may use it meanwhile.
 * @throws ERR_CONFIG the folder is in use or cannot be written to.
 */
export async function repairLevelStores(options: LevelStoresOptions): Promise<RepairReport> {
  const settings = parseLevelOptions(options)
  await ensureFolder(settings.dir)
  await requireUnused(settings.dir)
  await ClassicLevel.repair(settings.dir)
  const lost: string[] = []
  const database = await LevelDatabase.open(settings, adapterContext(), {
    lost: (what) => lost.push(what),
  })
  try {
    let documents = 0
    for (const [name, indexes] of [
      ['entities', ENTITY_INDEXES],
      ['subjects', SUBJECT_INDEXES],
    ] as const) {
      const keys = documentKeys(name)
      documents += await rebuild(database, keys, lost, (id, key, record) => {
        const { revision, document } = readDocument(id, key, record)
        const rows = rowsOf(indexes, id, document)
        const { attachments } = readHeader(id, key, record)
        return { id, rows, value: documentRecord({ revision, attachments, rows }, JSON.stringify(document)) }
      })
    }
    const activations = await rebuild(database, activationKeys(), lost, (id, key, sealed) => {
      const record = openText(key, sealed, () => id)
      const activation = readActivation(JSON.parse(record) as JsonObject)
      const text = JSON.stringify(activationSummary(activation))
      const rows = activationRows(activation).map((row) => ({ ...row, text }))
      return { id: activation.activationId, rows, value: record }
    })
    return { documents, activations, lost }
  } finally {
    await database.close()
  }
}

/** LevelDB's repair does not look at the lock, its opening does before anything else. */
async function requireUnused(dir: string): Promise<void> {
  // Without createIfMissing: a folder without its table of contents would be taken for a new one, and emptied.
  const db = new ClassicLevel(dir, { createIfMissing: false })
  try {
    await db.open()
    await db.close()
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_LOCKED') return
    throw new PlatformError('ERR_CONFIG', `${dir} is in use; stop what uses it before the repair`, { cause: error })
  }
}

async function rebuild(
  { db, commits }: LevelDatabase,
  keys: KeySpace,
  lost: string[],
  read: (id: string, key: string, record: string) => Kept,
): Promise<number> {
  await db.clear(keys.all('rows'))
  await db.clear(keys.all('counts'))
  let kept = 0
  for await (const [key, record] of db.iterator(keys.all('documents'))) {
    const id = keys.idOfDocument(key)
    const readable = tryRead(() => read(id, key, record))
    if (readable) kept++
    else lost.push(id)
    await commits.commit(readable ? changeTo(keys, key, readable) : removalOf(key))
  }
  return kept
}

function changeTo(keys: KeySpace, key: string, { id, value, rows }: Kept): Change {
  const operations: Operation[] = [{ type: 'put', key, value }]
  for (const row of rows) operations.push({ type: 'put', key: keys.row(id, row), value: row.text })
  const counts = rows.map(({ index, partition }) => [keys.rowCount(index, partition), 1] as const)
  return { operations, counts, bytes: value.length, lasting: true }
}

function removalOf(key: string): Change {
  return { operations: [{ type: 'del', key }], counts: [], bytes: 0, lasting: true }
}

function tryRead(read: () => Kept): Kept | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxError || isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
