import { existsSync } from 'node:fs'
import { PlatformError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadline, Deadlines } from '../../time/deadlines.ts'
import type { RuntimeEndpoint } from './runtime-client.ts'

/** Starts take 30 to 500 ms: a look costs little, and every millisecond between two of them is lost. */
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 20
/** A published port can accept before anything listens behind it, so one attempt must not take all the time. */
const ATTEMPT_MS = 1_000

/** As long as it is pending it is known whether this process stands still, in which it hears of no answer. */
class Wait extends Deadline {
  override expire(): void {}
}

/**
 * Calls `attempt` until it says that the runtime answered. Resolves without success when `signal` aborts.
 * @throws ERR_TIMEOUT no answer within `timeoutMs`.
 */
export async function waitUntilAnswered(
  { endpoint, clock }: { readonly endpoint: RuntimeEndpoint; readonly clock: Clock },
  attempt: (timeoutMs: number) => Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadlines = Deadlines.of(clock)
  const began = clock.monotonic()
  const stoodStillMs = deadlines.stoodStillMs(began)
  const wait = new Wait(began + timeoutMs)
  deadlines.add(wait)
  try {
    for (let pauseMs = FIRST_PAUSE_MS; !signal?.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.02)) {
      const now = clock.monotonic()
      const leftMs = wait.deadlineMs + deadlines.stoodStillMs(now) - stoodStillMs - now
      if (leftMs <= 0) throw new PlatformError('ERR_TIMEOUT', `the runtime did not answer within ${timeoutMs} ms`)
      if (mayListen(endpoint) && (await attempt(Math.min(leftMs, ATTEMPT_MS)))) return
      await clock.sleep(pauseMs, signal)
    }
  } finally {
    deadlines.remove(wait)
  }
}

function mayListen(endpoint: RuntimeEndpoint): boolean {
  return !('socketPath' in endpoint) || existsSync(endpoint.socketPath)
}
