import { adapterContext, PlatformError } from '@stemcell/core'
import { ClassicLevel } from 'classic-level'
import type { Change, Operation } from './commit-queue.ts'
import { Damage } from './damage.ts'
import { ensureFolder, LevelDatabase } from './level-database.ts'
import { inspectTables } from './inspection/inspect-tables.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { eachEntry } from './read-rows.ts'
import { rebuildRows, STORE_ROWS } from './rebuild-rows.ts'
import { countLiveBytes, LIVE_BYTES, liveBytesKey } from './record-log/live-bytes.ts'
import { replaceDamagedTables } from './replace-damaged-tables.ts'
import { codeOf } from './to-platform-error.ts'

export interface RepairReport {
  readonly documents: number
  readonly activations: number
  /** What was there and could not be read, with its id where that can be read; it is removed. */
  readonly lost: readonly string[]
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
  const inspected = await inspectTables(settings.dir)
  const { unreadable } = await Damage.load(settings.dir, inspected.damaged, adapterContext().logger)
  // LevelDB's repair merges tables as they are.
  await replaceDamagedTables(settings.dir, inspected)
  await ClassicLevel.repair(settings.dir)
  await Damage.forget(settings.dir)
  const lost = unreadable.map((file) => `whatever was in a damaged part of ${file}`)
  const database = await LevelDatabase.open(settings, adapterContext(), { lost: (what) => lost.push(what) })
  try {
    let documents = 0
    let activations = 0
    for (const store of STORE_ROWS) {
      const kept = await rebuildRows(database, store, (id, key): Change => {
        lost.push(id)
        return { operations: [{ type: 'del', key }], counts: [], bytes: 0, lasting: true }
      })
      if (store.name === 'activations') activations += kept
      else documents += kept
    }
    await recountLiveBytes(database)
    // LevelDB keeps damaged tables as they are.
    await database.db.compactRange('', '\u{10ffff}')
    return { documents, activations, lost }
  } finally {
    await database.close()
  }
}

/** Some references were removed, and others found again. */
async function recountLiveBytes({ db, commits }: LevelDatabase): Promise<void> {
  const operations: Operation[] = []
  for await (const [key] of eachEntry(db, LIVE_BYTES)) operations.push({ type: 'del', key })
  await commits.commit({ operations, counts: [], bytes: 0, lasting: false })
  const counts = Array.from(await countLiveBytes(db), ([segment, bytes]) => [liveBytesKey(segment), bytes] as const)
  await commits.commit({ operations: [], counts, bytes: 0, lasting: true })
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
