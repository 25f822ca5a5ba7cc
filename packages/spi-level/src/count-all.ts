import { isPlatformError } from '@stemcell/core'
import { readCount } from './commit-queue.ts'
import type { LevelDatabase } from './level-database.ts'
import { codeOf } from './to-platform-error.ts'

/** The number of rows that is kept under `key`. */
export async function countAll(database: LevelDatabase, key: string): Promise<number> {
  let sealed: string | undefined
  try {
    sealed = await database.db.get(key)
  } catch (error) {
    if (codeOf(error) === 'LEVEL_CORRUPTION') return database.recount(key)
    throw error
  }
  return countIn(database, key, sealed)
}

/** The same where it was read already. Rows are counted where it is damaged. */
export async function countIn(database: LevelDatabase, key: string, sealed: string | undefined): Promise<number> {
  try {
    return readCount(key, sealed)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return database.recount(key)
    throw error
  }
}
