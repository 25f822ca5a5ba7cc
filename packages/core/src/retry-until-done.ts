import { setMaxListeners } from 'node:events'
import { isPromise, type MaybePromise } from './lifecycle.ts'
import type { Clock } from './time/clock.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

export interface RetryOptions {
  readonly isFinal?: (error: unknown) => boolean
  readonly onFailure: (error: unknown, attempts: number) => void
}

/**
 * Repeats `attempt` until it succeeds. Pauses grow from 50 ms to 5 s. Rejects with the last error once `signal` has
 * aborted, or as soon as `isFinal` says that repeating would not help. What is done at once, at the first attempt,
 * makes no promise.
 */
export function retryUntilDone<T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => MaybePromise<T>,
  options: RetryOptions,
): MaybePromise<T> {
  try {
    const done = attempt()
    return isPromise(done) ? done.catch((error: unknown) => goOn(clock, signal, attempt, options, error)) : done
  } catch (error) {
    return goOn(clock, signal, attempt, options, error)
  }
}

async function goOn<T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => MaybePromise<T>,
  { isFinal, onFailure }: RetryOptions,
  firstError: unknown,
): Promise<T> {
  // In an outage hundreds wait for one signal, which Node.js would take for a leak.
  setMaxListeners(0, signal)
  let error = firstError
  for (let attempts = 1, pauseMs = FIRST_PAUSE_MS; ; attempts++, pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    if (signal.aborted || isFinal?.(error)) throw error
    onFailure(error, attempts)
    await clock.sleep(pauseMs, signal)
    try {
      return await attempt()
    } catch (failure) {
      error = failure
    }
  }
}
