import { adapterContext, makeFolder, PlatformError, type AdapterContext } from '@stemcell/core'
import { ClassicLevel } from 'classic-level'
import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { ActivationWriter } from './activation-writer.ts'
import { CommitQueue } from './commit-queue.ts'
import { checkFormatVersion } from './format-version.ts'
import { Journal } from './journal/journal.ts'
import type { LevelSettings } from './level-stores-options.ts'
import { describeLockHolder, forgetLockHolder, recordLockHolder } from './lock-holder.ts'
import { codeOf, REPAIR_HINT, toPlatformError } from './to-platform-error.ts'

export interface OpenDatabaseOptions {
  /** For a repair: called with each place of the journal that cannot be read, which is otherwise an error. */
  readonly lostFromJournal?: (at: number) => void
}

/** One open LevelDB database: reads go to `db`, writes through `commits`, activation records through `activations`. */
export class LevelDatabase {
  readonly settings: LevelSettings
  readonly db: ClassicLevel
  readonly commits: CommitQueue
  readonly activations: ActivationWriter
  readonly #journal: Journal
  readonly #context: AdapterContext

  private constructor(settings: LevelSettings, db: ClassicLevel, context: AdapterContext) {
    this.settings = settings
    this.db = db
    this.commits = new CommitQueue(db, settings.sync)
    this.#journal = new Journal(settings.dir)
    this.#context = context
    this.activations = new ActivationWriter(db, this.commits, this.#journal, context)
  }

  /**
   * `context` is that of the first who opens it.
   * @throws ERR_CONFIG  the folder cannot be used: not writable, in use, or written by a newer version.
   * @throws ERR_CORRUPT the database is damaged.
   */
  static async open(
    settings: LevelSettings,
    context: AdapterContext = adapterContext(),
    { lostFromJournal }: OpenDatabaseOptions = {},
  ): Promise<LevelDatabase> {
    const { dir } = settings
    await requireWhole(dir)
    const db = new ClassicLevel(dir, { cacheSize: settings.cacheBytes, writeBufferSize: settings.writeBufferBytes })
    try {
      await db.open()
    } catch (error) {
      throw await openingError(error, dir)
    }
    const database = new LevelDatabase(settings, db, context)
    try {
      await checkFormatVersion(db, dir)
      await database.#replay(lostFromJournal)
      await recordLockHolder(dir)
      return database
    } catch (error) {
      database.activations.stop()
      await db.close()
      throw toPlatformError(error, dir)
    }
  }

  /** Nothing may be running any more. */
  async close(): Promise<void> {
    await this.activations.close()
    await forgetLockHolder(this.settings.dir)
    await this.db.close()
  }

  async #replay(lost: OpenDatabaseOptions['lostFromJournal']): Promise<void> {
    const { dir } = this.settings
    const { entries, damagedAt, tornBytes } = this.#journal.read()
    for (const at of damagedAt) {
      if (!lost) {
        const what = `the journal of activation records in ${dir} is damaged at byte ${at}`
        throw new PlatformError('ERR_CORRUPT', `${what}: ${REPAIR_HINT}`)
      }
      lost(at)
    }
    if (tornBytes > 0) {
      this.#context.logger.warn({ dir, tornBytes }, 'the last entry of the journal was not finished, and is dropped')
    }
    if (entries.length > 0) this.#context.logger.info({ dir, entries: entries.length }, 'taking up the journal')
    await this.activations.replay(entries)
  }
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

/** LevelDB takes a folder without CURRENT for a new database and then deletes the tables it finds there. */
async function requireWhole(dir: string): Promise<void> {
  const files = await readdir(dir)
  if (!files.includes('CURRENT') && files.some((file) => file.endsWith('.ldb') || file.startsWith('MANIFEST-'))) {
    throw new PlatformError(
      'ERR_CORRUPT',
      `the database in ${dir} is damaged, its file CURRENT is gone: ${REPAIR_HINT}`,
    )
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
  const code = codeOf(error) ?? 'unknown reason'
  return new PlatformError(
    'ERR_CONFIG',
    `@stemcell/spi-level, option 'dir': ${dir} cannot be used (${code}); name a folder that this user may create, read and write`,
    { cause: error },
  )
}
