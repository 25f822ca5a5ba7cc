import type { Clock } from './clock.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/**
 * Repeats `attempt` until it succeeds. Pauses grow from 50 ms to 5 s. Rejects with the last error once `signal` has
 * aborted, or as soon as `isFinal` says that repeating would not help.
 */
export async function retryUntilDone<T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  options: {
    readonly isFinal?: (error: unknown) => boolean
    readonly onFailure: (error: unknown, attempts: number) => void
  },
): Promise<T> {
  for (let attempts = 1, pauseMs = FIRST_PAUSE_MS; ; attempts++, pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted || options.isFinal?.(error)) throw error
      options.onFailure(error, attempts)
    }
    await clock.sleep(pauseMs, signal)
  }
}
