import { isPlatformError, PlatformError } from '@stemcell/core'

/**
 * The one place that knows the errors of LevelDB. A TypeError is the caller's mistake and stays as it is, as does
 * what is already translated.
 */
export function toPlatformError(error: unknown, dir: string): unknown {
  if (isPlatformError(error) || error instanceof TypeError) return error
  const code = codeOf(error)
  if (code === undefined) return error
  if (code === 'LEVEL_CORRUPTION') {
    return new PlatformError('ERR_CORRUPT', `the database in ${dir} is damaged: ${REPAIR_HINT}`, { cause: error })
  }
  if (code === 'LEVEL_DATABASE_NOT_OPEN') {
    return new PlatformError('ERR_CLOSED', `the database in ${dir} is not open`, { cause: error })
  }
  return new PlatformError('ERR_UNAVAILABLE', `the database in ${dir} failed (${code})`, { cause: error })
}

export const REPAIR_HINT =
  'stop what uses it and restore the folder from a backup; or copy the folder, and keep what can still be read with stemcell admin db repair, or in a program with repairLevelStores() of @stemcell/spi-level'

/** The code of a driver's or system's error; of the innermost cause that has one, since drivers wrap. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const inner = codeOf(error.cause)
  if (inner !== undefined) return inner
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
