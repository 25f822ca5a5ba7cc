import { PlatformError } from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import type { Damage } from './damage.ts'
import type { HighWaterMark } from './high-water-mark.ts'
import { isAttachmentKey } from '@stemcell/core/sorted-store'
import { isSealed } from './inspection/inspect-tables.ts'
import { sealBytes, sealText } from './sealed-value.ts'
import { REPAIR_HINT } from './to-platform-error.ts'
import type { Wholeness } from './wholeness.ts'

/**
 * Of what this package writes into the folder. Raised when an older version could not read it.
 * 2: the journal beside the database, with records that are not in the database yet.
 * 3: digests with every value, numbers of commits and journals, and the mark beside them.
 * 4: rows of small activation records hold no summary.
 * 5: the texts of activation records are in a log beside the database, which says where. Those of before stay in it.
 */
export const FORMAT_VERSION = 5

export const FORMAT_KEY = 'mformat'

const FIRST_SEALED = 3
const BATCH_BYTES = 1024 ** 2

/**
 * Marks a new database, takes over one of an older format, and checks one that exists.
 * @throws ERR_CONFIG  a newer version wrote it, or it is not ours.
 * @throws ERR_CORRUPT the mark is unreadable, or something that was acknowledged is gone.
 */
export async function checkFormatVersion(
  db: ClassicLevel,
  dir: string,
  mark: HighWaterMark,
  wholeness: Wholeness,
  damage: Damage,
): Promise<void> {
  const found = await readFormat(db, damage)
  if (found === undefined) {
    if ((await db.keys({ limit: 1 }).all()).length === 0) {
      wholeness.requireEmpty()
      mark.begin({ commit: 0, synced: 0, journal: 0, journalBytes: 0 })
    } else if (wholeness.isMarked) {
      wholeness.tell('its format version is gone', { lasting: true })
    } else {
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
  if (version < FIRST_SEALED) await sealAll(db)
  else wholeness.requireMark()
}

/** To be called once the mark is one of this format, and before anything of it is written. */
export async function noteFormatVersion(db: ClassicLevel): Promise<void> {
  if ((await db.get(FORMAT_KEY)) !== String(FORMAT_VERSION)) {
    await db.put(FORMAT_KEY, String(FORMAT_VERSION), { sync: true })
  }
}

async function readFormat(db: ClassicLevel, damage: Damage): Promise<string | undefined> {
  if (!damage.touches({ gte: FORMAT_KEY, lt: `${FORMAT_KEY}\0` })) return db.get(FORMAT_KEY)
  // Damage is looked for, and found, only since this format.
  await db.put(FORMAT_KEY, String(FORMAT_VERSION), { sync: true })
  return String(FORMAT_VERSION)
}

/** Gives every value its digest. May be interrupted anywhere: what has one is left as it is. */
async function sealAll(db: ClassicLevel): Promise<void> {
  let batch = db.batch()
  let bytes = 0
  for await (const [key, value] of db.iterator<string, Uint8Array>({ valueEncoding: 'view' })) {
    if (key.startsWith('m') || isSealed(key, value)) continue
    if (isAttachmentKey(key)) batch.put(key, sealBytes(key, value), { valueEncoding: 'view' })
    else batch.put(key, sealText(key, Buffer.from(value).toString()))
    bytes += key.length + value.byteLength
    if (bytes < BATCH_BYTES) continue
    await batch.write()
    batch = db.batch()
    bytes = 0
  }
  await batch.write({ sync: true })
}
