import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { isPlatformError, SystemClock, type Clock } from '@stemcell/core'
import type { CaseHooks } from './case-hooks.ts'

/** One promise that an SPI makes, as data: it can be listed, counted, run by any runner, or run against a double. */
export interface ConformanceCase<S> {
  /** Stable id used in reports and in `knownFailures`, e.g. `queue.redelivers-after-rejection`. */
  readonly id: string
  /** Why this case does not apply to the subject; undefined when it does. Follows from capabilities only. */
  readonly skip?: (subject: S) => string | undefined
  /** What the case does with the backend, see {@link CaseHooks}; it is skipped where the run does not offer all of it. */
  readonly needs?: readonly (keyof CaseHooks<S>)[]
  /** Upper bound for the whole case where the runner's default is too short, ms. Grows with `patienceMs`. */
  readonly timeoutMs?: number
  /** The subject is open, and is closed afterwards. Rejects when the promise is not kept. */
  readonly run: (subject: S, context: CaseContext<S>) => Promise<void>
}

/** What a case may use beside its subject. */
export interface CaseContext<S = unknown> {
  /** A fresh topic, key or namespace for this case; never reused, so that a dirty backend cannot pass. [a-z0-9-]+ */
  readonly uniqueName: string
  /** Upper bound for anything eventual, ms. Slow backends raise it; no case sleeps for it. */
  readonly patienceMs: number
  /** How long nothing happens in a case about idleness, ms. */
  readonly idleMs: number
  /** See {@link CaseHooks.leaseMs}. */
  readonly leaseMs: number
  /** See {@link CaseHooks.disrupt}; without an argument it is the case's own subject that is cut off. */
  disrupt(subject?: S): Promise<void>
  /** See {@link CaseHooks.restore}. What is still cut off when the case ends is restored then. */
  restore(subject?: S): Promise<void>
  /** See {@link CaseHooks.another}; it comes open, and is closed with the case. */
  another(): Promise<S>
  /** See {@link CaseHooks.damage}; the case has closed its subject before. */
  damage(id: string): Promise<void>
  /** See {@link CaseHooks.settingsOf}. */
  settingsOf(name: string): Promise<Readonly<Record<string, number>> | undefined>
}

const clock: Clock = new SystemClock()

/** Waits until `predicate` holds; fails with `what` when it does not within the case's `patienceMs`. */
export async function eventually(
  what: string,
  context: { readonly patienceMs: number; readonly uniqueName?: string },
  predicate: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = clock.monotonic() + context.patienceMs
  for (let pauseMs = 1; !(await predicate()); pauseMs = Math.min(50, pauseMs * 2)) {
    if (clock.monotonic() > deadline) throw new Error(`not within ${context.patienceMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/**
 * Calls while the subject is cut off: the call must not succeed before the backend is back, and where it fails, it must
 * fail with ERR_UNAVAILABLE. Tells how it ended. It is cut off until the call fails, `longestMs` at most: default
 * `patienceMs`.
 */
export async function whileCutOff<S>(
  context: CaseContext<S>,
  what: string,
  action: () => unknown,
  longestMs: number = context.patienceMs,
): Promise<'fulfilled' | 'rejected'> {
  await context.disrupt()
  let outcome: 'pending' | 'fulfilled' | 'rejected' = 'pending'
  let thrown: { readonly error: unknown } | undefined
  const settled = (async () => action())().then(
    () => void (outcome = 'fulfilled'),
    (error: unknown) => {
      thrown = { error }
      outcome = 'rejected'
    },
  )
  const pending = (): boolean => outcome === 'pending'
  await throughout(Math.min(longestMs, context.patienceMs), () => !pending())
  assert.notEqual(outcome, 'fulfilled', `${what} succeeded though the backend was out of reach`)
  await context.restore()
  await eventually(`an end of ${what}`, context, () => !pending())
  await settled
  if (thrown === undefined) return 'fulfilled'
  const { error }: { readonly error: unknown } = thrown
  assert.ok(isPlatformError(error, 'ERR_UNAVAILABLE'), `expected ERR_UNAVAILABLE of ${what}, got ${inspect(error)}`)
  return 'rejected'
}

/** Tries until it works: after an outage an adapter is back by itself, but not at once. */
export async function soon(
  what: string,
  context: { readonly patienceMs: number },
  action: () => unknown,
): Promise<void> {
  await eventually(what, context, async () => {
    try {
      await action()
      return true
    } catch (error) {
      if (isPlatformError(error) && error.retryable) return false
      throw error
    }
  })
}

/** Lets real time pass, for a promise about time; ends early, and returns false, as soon as `violated` holds. */
export async function throughout(ms: number, violated: () => boolean): Promise<boolean> {
  const deadline = clock.monotonic() + ms
  while (!violated()) {
    const leftMs = deadline - clock.monotonic()
    if (leftMs <= 0) return true
    await new Promise((resolve) => setTimeout(resolve, Math.min(20, Math.ceil(leftMs))))
  }
  return false
}
