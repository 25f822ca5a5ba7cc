import type { MissedPolicy } from './schedule.ts'

/** Lateness that is no outage: the event loop, the store, other schedules of the same moment, ms. */
const ON_TIME_MS = 30_000

/**
 * Which of the occurrences that are due are fired now. `due` is in order; the last one may be on time, all others are
 * over. `nextMs` is the one after them.
 */
export function toFire(
  policy: MissedPolicy,
  due: readonly number[],
  nextMs: number | undefined,
  nowMs: number,
): readonly number[] {
  if (policy === 'all') return due
  const last = due.at(-1)
  if (last === undefined) return []
  const age = nowMs - last
  if (age <= ON_TIME_MS) return [last]
  if (policy === 'skip') return []
  // What has no successor has no period: better late than never.
  return nextMs === undefined || age < nextMs - last ? [last] : []
}
