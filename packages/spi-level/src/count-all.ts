import { isPlatformError } from '@stemcell/core'
import { readCount } from './commit-queue.ts'
import type { LevelDatabase } from './level-database.ts'
import { codeOf } from './to-platform-error.ts'

/** The number of rows that is kept under `key`. Rows are counted where it is damaged. */
export async function countAll(database: LevelDatabase, key: string): Promise<number> {
  try {
    return readCount(key, await database.db.get(key))
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT') || codeOf(error) === 'LEVEL_CORRUPTION') return database.recount(key)
    throw error
  }
}
