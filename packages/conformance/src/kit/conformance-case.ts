import { SystemClock, type Clock } from '@stemcell/core'

/** One promise that an SPI makes, as data: it can be listed, counted, run by any runner, or run against a double. */
export interface ConformanceCase<S> {
  /** Stable id used in reports and in `knownFailures`, e.g. `queue.redelivers-after-rejection`. */
  readonly id: string
  /** Why this case does not apply to the subject; undefined when it does. Follows from capabilities only. */
  readonly skip?: (subject: S) => string | undefined
  /** Upper bound for the whole case where the runner's default is too short, ms. */
  readonly timeoutMs?: number
  /** The subject is open, and is closed afterwards. Rejects when the promise is not kept. */
  readonly run: (subject: S, context: CaseContext) => Promise<void>
}

export interface CaseContext {
  /** A fresh topic, key or namespace for this case; never reused, so that a dirty backend cannot pass. [a-z0-9-]+ */
  readonly uniqueName: string
  /** Upper bound for anything eventual, ms. Slow backends raise it; no case sleeps for it. */
  readonly patienceMs: number
}

const clock: Clock = new SystemClock()

/** Waits until `predicate` holds; fails with `what` when it does not within the case's patience. */
export async function eventually(
  what: string,
  context: CaseContext,
  predicate: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = clock.monotonic() + context.patienceMs
  for (let pauseMs = 1; !(await predicate()); pauseMs = Math.min(50, pauseMs * 2)) {
    if (clock.monotonic() > deadline) throw new Error(`not within ${context.patienceMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
