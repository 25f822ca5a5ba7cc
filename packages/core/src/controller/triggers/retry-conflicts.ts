import { isPlatformError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'

const MAX_ATTEMPTS = 30
const LONGEST_PAUSE_MS = 200

/**
 * Repeats a read, change and write that lost against another controller, after a pause of random length that may grow
 * with each attempt. @throws ERR_CONFLICT it lost 30 times; whatever else `attempt` throws
 */
export async function retryConflicts<T>(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CONFLICT') || attempts === MAX_ATTEMPTS) throw error
    }
    await clock.sleep(random.below(Math.min(LONGEST_PAUSE_MS, 10 * attempts)))
  }
}
