import { isPlatformError } from '@stemcell/core'
import { readCount } from './commit-queue.ts'
import type { LevelDatabase } from './level-database.ts'

/** The number of rows that is kept under `key`. */
export async function countAll(database: LevelDatabase, key: string): Promise<number> {
  return countIn(database, key, await database.db.get(key))
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
