import { PlatformError } from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import { REPAIR_HINT } from './to-platform-error.ts'

/**
 * Of what this package writes into the folder. Raised when an older version could not read it.
 * 2: the journal beside the database, with records that are not in the database yet.
 */
export const FORMAT_VERSION = 2

export const FORMAT_KEY = 'mformat'

/**
 * Marks a new database, and one of an older format, and checks one that exists.
 * @throws ERR_CONFIG  a newer version wrote it, or it is not ours.
 * @throws ERR_CORRUPT the mark is unreadable.
 */
export async function checkFormatVersion(db: ClassicLevel, dir: string): Promise<void> {
  const found = await db.get(FORMAT_KEY)
  if (found === undefined) {
    if ((await db.keys({ limit: 1 }).all()).length > 0) {
      throw new PlatformError(
        'ERR_CONFIG',
        `@stemcell/spi-level, option 'dir': ${dir} holds a LevelDB database of another program; choose an empty folder`,
      )
    }
    await db.put(FORMAT_KEY, String(FORMAT_VERSION), { sync: true })
    return
  }
  const version = Number(found)
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new PlatformError('ERR_CORRUPT', `the format version of the database in ${dir} is unreadable: ${REPAIR_HINT}`)
  }
  if (version > FORMAT_VERSION) {
    throw new PlatformError(
      'ERR_CONFIG',
      `@stemcell/spi-level, option 'dir': the database in ${dir} has format ${version}, this version supports up to ${FORMAT_VERSION}; upgrade @stemcell/spi-level, or restore a backup made before the upgrade`,
    )
  }
  if (version < FORMAT_VERSION) await db.put(FORMAT_KEY, String(FORMAT_VERSION), { sync: true })
}
