import { KeyedLock, PlatformError, type AdapterContext } from '@stemcell/core'
import { realpath } from 'node:fs/promises'
import { ensureFolder, LevelDatabase, type OpenDatabaseOptions } from './level-database.ts'
import type { LevelSettings } from './level-stores-options.ts'

interface Shared {
  readonly database: LevelDatabase
  users: number
}

/**
 * LevelDB lets a folder be open once per process, so what is open is known per process too: stores that were made
 * apart, each from its own section of a configuration file, still share the database of their folder.
 */
const shared = new Map<string, Shared>()
const folders = new KeyedLock()

/**
 * The database in `settings.dir`, opened by the first who asks. Give it back with {@link releaseDatabase}.
 * @throws ERR_CONFIG, ERR_CORRUPT as `LevelDatabase.open`; ERR_CONFIG also when it is open with other options.
 */
export async function acquireDatabase(
  settings: LevelSettings,
  context: AdapterContext,
  options: OpenDatabaseOptions = {},
): Promise<LevelDatabase> {
  await ensureFolder(settings.dir)
  const dir = await realpath(settings.dir)
  return folders.run(dir, async () => {
    const open = shared.get(dir)
    if (!open) {
      const database = await LevelDatabase.open({ ...settings, dir }, context, options)
      shared.set(dir, { database, users: 1 })
      return database
    }
    const differing = (['sync', 'cacheBytes', 'writeBufferBytes'] as const).filter(
      (name) => open.database.settings[name] !== settings[name],
    )
    if (differing.length > 0) {
      throw new PlatformError(
        'ERR_CONFIG',
        `@stemcell/spi-level, option '${differing[0]}': ${dir} is already open with another value; give all stores in one folder the same options`,
      )
    }
    open.users++
    return open.database
  })
}

/** Closes the database when nobody else uses it. */
export async function releaseDatabase(database: LevelDatabase): Promise<void> {
  const { dir } = database.settings
  await folders.run(dir, async () => {
    const open = shared.get(dir)
    if (open?.database !== database || --open.users > 0) return
    shared.delete(dir)
    await database.close()
  })
}
