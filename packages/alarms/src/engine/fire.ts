import { createHash } from 'node:crypto'
import type { Clock, FiringOutcome, JsonObject, SystemPackageContext } from '@stemcell/core'
import { scheduleKey, type Schedule } from '../schedule/schedule.ts'

const ATTEMPTS = 10
const PAUSE_MS = 1_000
/** Refusals that may pass. */
const TRANSIENT = new Set([408, 409, 429])

/** How the firing of one occurrence ended. */
export type FireEnd =
  | { readonly kind: 'fired' }
  /** It will never be accepted. */
  | { readonly kind: 'refused'; readonly statusCode: number; readonly message: string }
  /** Not accepted so far, after every attempt. */
  | { readonly kind: 'failed'; readonly statusCode: number; readonly message: string }
  /** The package closes: another life goes on with it. */
  | { readonly kind: 'closed' }

export interface FireParts {
  readonly fire: SystemPackageContext['fire']
  readonly invoke: SystemPackageContext['invoke']
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Somebody may have tried before. */
  readonly again: boolean
  /** Asked before every attempt; false when the occurrence is not this controller's any more. */
  readonly stillOwned: () => Promise<boolean>
}

/**
 * Fires the trigger for one occurrence, and again while that fails for a reason that may pass. The activation id
 * follows from the occurrence, so that whoever tries it again, here or elsewhere, does not fire twice.
 */
export async function fireOccurrence(schedule: Schedule, atMs: number, parts: FireParts): Promise<FireEnd> {
  const { clock, signal, again, stillOwned } = parts
  let limited = 0
  let outcome: FiringOutcome = { status: 503 }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (signal.aborted || !(await stillOwned())) return { kind: 'closed' }
    outcome = await start(schedule, atMs, { ...parts, again: again || attempt > 1 })
    const { status } = outcome
    if (status < 300) return { kind: 'fired' }
    const message = outcome.error ?? `status ${status}`
    if (status < 500 && !TRANSIENT.has(status)) return { kind: 'refused', statusCode: status, message }
    if (status === 429) limited++
    if (attempt < ATTEMPTS) await clock.sleep(PAUSE_MS * Math.max(1, limited ** 2), signal)
  }
  const message = outcome.error ?? `status ${outcome.status}`
  return limited === ATTEMPTS
    ? { kind: 'refused', statusCode: 429, message }
    : { kind: 'failed', statusCode: outcome.status, message }
}

function start(schedule: Schedule, atMs: number, { fire, invoke, clock, again }: FireParts): Promise<FiringOutcome> {
  const { namespace, trigger, action, key, payload } = schedule
  const activationId = activationIdOf(schedule, atMs)
  if (action !== undefined) return invoke({ namespace, action, payload, activationId, again })
  // A schedule has a key or an action, or it could not have been read.
  const annotations = { schedule: annotationOf(schedule, atMs, clock.now()) }
  return fire({ key: key!, trigger, payload, activationId, annotations, again })
}

export function activationIdOf(schedule: Schedule, atMs: number): string {
  const text = `${scheduleKey(schedule)}\n${schedule.key?.uuid ?? ''}\n${atMs}`
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Which occurrence an activation of the trigger is, and by how many ms it was late. */
function annotationOf({ timing }: Schedule, atMs: number, nowMs: number): JsonObject {
  return { kind: timing.kind, occurrence: new Date(atMs).toISOString(), lateMs: Math.max(0, nowMs - atMs) }
}
