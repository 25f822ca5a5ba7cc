import {
  adapterContext,
  isPlatformError,
  makeFolder,
  PlatformError,
  type AdapterContext,
  type Logger,
  type Timer,
} from '@stemcell/core'
import { ClassicLevel } from 'classic-level'
import { constants } from 'node:fs'
import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ActivationWriter } from './activation-writer.ts'
import { COMMIT_KEY, CommitQueue, readCommit } from './commit-queue.ts'
import { Damage } from './damage.ts'
import { checkFormatVersion, noteFormatVersion } from './format-version.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { inspectTables } from './inspection/inspect-tables.ts'
import { Journal } from './journal/journal.ts'
import { rowsCounted } from '@stemcell/core/sorted-store'
import { countLiveBytes, segmentOfLiveBytes } from './record-log/live-bytes.ts'
import { SpaceReclaimer } from './record-log/reclaim-space.ts'
import { SegmentTable } from './record-log/segment-table.ts'
import { StoredRecords } from './record-log/stored-records.ts'
import type { LevelSettings } from './level-stores-options.ts'
import { describeLockHolder, forgetLockHolder, recordLockHolder } from './lock-holder.ts'
import { countKeys } from './read-rows.ts'
import { rebuildRows, STORE_ROWS } from './rebuild-rows.ts'
import { LIST_NAME } from './inspection/live-tables.ts'
import { replaceDamagedTables } from './replace-damaged-tables.ts'
import { requireRoom } from './require-room.ts'
import { codeOf, REPAIR_HINT, toPlatformError } from './to-platform-error.ts'
import { UseGate } from './use-gate.ts'
import { Wholeness, type ReportLoss } from './wholeness.ts'

export interface OpenDatabaseOptions {
  /** For a repair: called with each thing that is lost, which is otherwise an error. */
  readonly lost?: ReportLoss | undefined
  /** Files of records are full beyond this; 16 MB when not given. */
  readonly segmentBytes?: number | undefined
}

/** After a failed write it is looked so often whether the database can be opened anew; rarer after each failure. */
const RETRY_MS = 1000
const MOST_RETRY_MS = 30_000

/** A file in the folder may not be used, or is none. */
const FILE_ERRORS = new Set(['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOTDIR'])

/** One open LevelDB database: reads go to `db`, writes through `commits`, activation records through `activations`. */
export class LevelDatabase {
  readonly settings: LevelSettings
  readonly db: ClassicLevel
  readonly commits: CommitQueue
  readonly activations: ActivationWriter
  /** The texts of activation records. */
  readonly records: StoredRecords
  /** Gives back the room of activation records that were removed. */
  readonly space: SpaceReclaimer
  readonly damage: Damage
  /** Everybody who uses the database does so through it: it is shut while the database is opened anew. */
  readonly gate = new UseGate()
  readonly #journal: Journal
  readonly #mark: HighWaterMark
  readonly #context: AdapterContext
  #timer: Timer | undefined
  /** Opening anew, which never rejects. */
  #mending: Promise<void> | undefined
  #retryMs = RETRY_MS
  #closed = false

  private constructor(
    settings: LevelSettings,
    db: ClassicLevel,
    mark: HighWaterMark,
    damage: Damage,
    context: AdapterContext,
    segmentBytes: number | undefined,
  ) {
    this.settings = settings
    this.db = db
    this.#mark = mark
    this.damage = damage
    this.commits = new CommitQueue(db, settings.sync, {
      written: (key) => damage.written(key),
      committed: (commit, synced) => mark.committed(commit, synced),
      failed: (error) => this.#writeFailed(error),
      recount: (key) => this.recount(key),
    })
    this.#journal = new Journal(settings.dir, mark)
    this.#context = context
    const { commits } = this
    const { logger } = context
    this.records = new StoredRecords({ dir: settings.dir, mark, logger, segmentBytes })
    this.activations = new ActivationWriter({ db, commits, journal: this.#journal, records: this.records, context })
    this.space = new SpaceReclaimer({ db, commits, records: this.records, damage, logger })
  }

  /**
   * `context` is that of the first who opens it.
   * @throws ERR_CONFIG  the folder cannot be used: not writable, in use, or written by a newer version.
   * @throws ERR_CORRUPT the database is damaged, or something that was acknowledged is gone.
   */
  static async open(
    settings: LevelSettings,
    context: AdapterContext = adapterContext(),
    options: OpenDatabaseOptions = {},
  ): Promise<LevelDatabase> {
    try {
      return await LevelDatabase.#open(settings, context, options)
    } catch (error) {
      const { dir } = settings
      throw FILE_ERRORS.has(codeOf(error) ?? '') ? unusableFolder(error, dir) : toPlatformError(error, dir)
    }
  }

  static async #open(
    settings: LevelSettings,
    context: AdapterContext,
    { lost, segmentBytes }: OpenDatabaseOptions,
  ): Promise<LevelDatabase> {
    const { dir } = settings
    await requireWhole(dir)
    const mark = new HighWaterMark(dir)
    const wholeness = new Wholeness(dir, context.logger, mark.read(), lost)
    await wholeness.requireLogs(() => requireUnlocked(dir))
    // Opens itself in a moment, if nobody does: not to be made before.
    const damage = await noteDamage(dir, wholeness, context.logger, lost !== undefined)
    const db = new ClassicLevel(dir, { cacheSize: settings.cacheBytes, writeBufferSize: settings.writeBufferBytes })
    await openLevel(db, dir)
    const database = new LevelDatabase(settings, db, mark, damage, context, segmentBytes)
    try {
      await database.#takeUp(wholeness, lost !== undefined)
      await recordLockHolder(dir)
      database.#learnRecords()
      return database
    } catch (error) {
      database.activations.stop()
      await database.records.close()
      mark.close()
      await db.close()
      throw toPlatformError(error, dir)
    }
  }

  /** Nothing may be running any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#mending
    await this.activations.close()
    await this.records.close()
    this.#mark.close()
    await forgetLockHolder(this.settings.dir)
    await this.db.close()
  }

  async #takeUp(wholeness: Wholeness, repairing: boolean): Promise<void> {
    const { dir } = this.settings
    const { logger } = this.#context
    await checkFormatVersion(this.db, dir, this.#mark, wholeness, this.damage)
    const commit = await this.#lastCommit(wholeness)
    const scanned = this.#journal.read()
    const { entries, wholeBytes, tornBytes } = scanned
    const journal = wholeness.requireJournal(scanned)
    const log = this.records.check(await SegmentTable.load(this.db), wholeness, repairing)
    this.commits.resume(commit)
    // Until the journal is taken up, the next life would have to find it as this one did.
    const records = { segment: log.end.segment, bytes: log.end.at }
    this.#mark.begin({ commit, synced: commit, journal, journalBytes: wholeBytes, records })
    await noteFormatVersion(this.db)
    this.records.resume(log)
    this.#journal.begin(journal)
    await this.#rebuildDamagedRows()
    if (tornBytes > 0) logger.warn({ dir, tornBytes }, 'the last entry of the journal was not finished, and is dropped')
    if (entries.length > 0) logger.info({ dir, entries: entries.length }, 'reading the journal of an earlier run')
    await this.activations.replay(log, entries, repairing)
  }

  async #lastCommit(wholeness: Wholeness): Promise<number> {
    if (this.damage.touches({ gte: COMMIT_KEY, lt: `${COMMIT_KEY}\0` })) return wholeness.lastAcknowledged
    const commit = readCommit(await this.db.get(COMMIT_KEY))
    wholeness.requireCommit(commit)
    return commit
  }

  /** Listings are made anew from what they list. */
  async #rebuildDamagedRows(): Promise<void> {
    if (this.damage.isEmpty) return
    for (const store of STORE_ROWS) {
      if (!this.damage.touches(store.keys.all('rows')) && !this.damage.touches(store.keys.all('counts'))) continue
      const kept = await rebuildRows(this, store, () => undefined)
      this.#context.logger.warn({ dir: this.settings.dir, store: store.name, kept }, 'damaged indexes were rebuilt')
    }
  }

  /** For a number of rows that cannot be read. */
  async recount(key: string): Promise<number> {
    const segment = segmentOfLiveBytes(key)
    if (segment !== undefined) return (await countLiveBytes(this.db)).get(segment) ?? 0
    this.#context.logger.error({ dir: this.settings.dir }, 'a row count is damaged; the rows are counted again')
    return countKeys(this.db, rowsCounted(key))
  }

  #writeFailed(error: unknown): void {
    const { dir } = this.settings
    this.#context.logger.error({ err: error, dir }, 'a write failed: nothing is written until the database is reopened')
    this.#retryMs = RETRY_MS
    this.#mendLater()
  }

  #mendLater(): void {
    if (this.#closed) return
    this.#timer = this.#context.clock.setTimer(this.#retryMs, () => {
      this.#mending = this.#mend().finally(() => (this.#mending = undefined))
    })
  }

  /** Reads go on meanwhile, but for the moment in which it is closed and opened. */
  async #mend(): Promise<void> {
    const { dir } = this.settings
    const { logger } = this.#context
    try {
      await requireRoom(dir)
    } catch (err) {
      logger.debug({ err, dir }, 'not enough room on the disk yet to reopen the database')
      this.#mendLater()
      return
    }
    try {
      await this.gate.whileShut(() => this.#openAnew())
      logger.info({ dir }, 'the database was reopened and is intact; writes continue')
    } catch (err) {
      logger.error({ err, dir }, 'the database could not be reopened')
      this.#retryMs = Math.min(2 * this.#retryMs, MOST_RETRY_MS)
      this.#mendLater()
    }
  }

  async #openAnew(): Promise<void> {
    const { dir } = this.settings
    await this.db.close()
    await requireWhole(dir)
    const wholeness = new Wholeness(dir, this.#context.logger, this.#mark.read())
    wholeness.requireMark()
    await wholeness.requireLogs(async () => undefined)
    await openLevel(this.db, dir)
    const commit = await this.#lastCommit(wholeness)
    this.#mark.committed(commit, commit)
    this.commits.resume(commit)
    if (!this.activations.known.isReady) this.#learnRecords()
  }

  /** Where a part is damaged, keys that are there may not be met. */
  #learnRecords(): void {
    if (this.damage.isEmpty) this.activations.known.learn()
  }
}

/** Of tables, which have nothing damaged behind it. */
async function noteDamage(dir: string, wholeness: Wholeness, logger: Logger, repairing: boolean): Promise<Damage> {
  // They were replaced before.
  if (repairing) return Damage.load(dir, [], logger)
  const inspected = await inspectTables(dir)
  const { damaged, cut, damagedTables } = inspected
  if (damagedTables.length > 0 || cut.length > 0) await requireUnlocked(dir)
  wholeness.requireLengths(cut)
  const damage = await Damage.load(dir, damaged, logger)
  for (const { name } of damagedTables) {
    if (damaged.some(({ file }) => file === name)) continue
    logger.warn({ dir, file: name }, 'the filter of a table of the database was damaged; nothing of the table is lost')
  }
  await replaceDamagedTables(dir, inspected)
  return damage
}

/** Makes the folder where it is missing. @throws ERR_CONFIG it cannot be made or written to. */
export async function ensureFolder(dir: string): Promise<void> {
  try {
    makeFolder(dir)
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusableFolder(error, dir)
  }
}

async function openLevel(db: ClassicLevel, dir: string): Promise<void> {
  try {
    await db.open()
  } catch (error) {
    throw await openingError(error, dir)
  }
}

/**
 * LevelDB takes a folder without CURRENT for a new database and then deletes the tables it finds there. Where the file
 * names what cannot be a list of tables, LevelDB blames the folder.
 */
async function requireWhole(dir: string): Promise<void> {
  const files = await readdir(dir)
  const refuse = (what: string) => {
    throw new PlatformError(
      'ERR_CORRUPT',
      `the database in ${dir} is damaged, its file CURRENT ${what}: ${REPAIR_HINT}`,
    )
  }
  if (files.includes('CURRENT')) {
    const name = await readFile(join(dir, 'CURRENT'), 'utf8').catch((error: unknown) => {
      throw unusableFolder(error, dir)
    })
    if (!LIST_NAME.test(name)) refuse('names no list of tables')
    if (!files.includes(name.trim())) refuse(`names ${name.trim()}, which is gone`)
  } else if (files.some((file) => file.endsWith('.ldb') || file.startsWith('MANIFEST-'))) refuse('is gone')
}

/** LevelDB looks at the lock before anything else, and then does nothing as the database exists. */
async function requireUnlocked(dir: string): Promise<void> {
  const db = new ClassicLevel(dir, { errorIfExists: true })
  try {
    await db.open()
    await db.close()
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') throw await openingError(error, dir)
  }
}

async function openingError(error: unknown, dir: string): Promise<unknown> {
  const code = codeOf(error)
  if (code === 'LEVEL_LOCKED') {
    const holder = (await describeLockHolder(dir)) ?? 'another process, which left no word of its id'
    return new PlatformError(
      'ERR_CONFIG',
      `@stemcell/spi-level, option 'dir': ${dir} is in use by ${holder}; stop it, or give this one a folder of its own`,
      { cause: error },
    )
  }
  return code === 'LEVEL_IO_ERROR' ? unusableFolder(error, dir) : toPlatformError(error, dir)
}

function unusableFolder(error: unknown, dir: string): PlatformError {
  if (isPlatformError(error, 'ERR_CONFIG')) return error
  const file = error instanceof Error && 'path' in error && error.path !== dir ? `, ${String(error.path)}` : ''
  const code = `${codeOf(error) ?? 'unknown reason'}${file}`
  return new PlatformError(
    'ERR_CONFIG',
    `@stemcell/spi-level, option 'dir': ${dir} cannot be used (${code}); name a folder that this user may create, read and write`,
    { cause: error },
  )
}
