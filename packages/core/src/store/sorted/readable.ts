import { isPlatformError, type PlatformError } from '../../errors.ts'

/** What `read` gives; undefined when it is ERR_CORRUPT, which `unreadable` is told. */
export function readable<T>(read: () => T, unreadable: (error: PlatformError) => void): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
    unreadable(error)
    return undefined
  }
}
