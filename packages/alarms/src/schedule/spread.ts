import type { Schedule } from './schedule.ts'
import { scheduleKey } from './schedule.ts'

/** By how much a schedule fires behind its occurrences, ms: always the same for one schedule. */
export function spreadOf(schedule: Pick<Schedule, 'namespace' | 'trigger' | 'timing'>, boundMs: number): number {
  const { timing } = schedule
  if (boundMs === 0 || timing.kind !== 'alarm' || timing.strict || fieldsOf(timing.cron).length !== 5) return 0
  let hash = 0
  for (const character of scheduleKey(schedule)) hash = (Math.imul(hash, 31) + character.codePointAt(0)!) | 0
  return Math.abs(hash) % (boundMs + 1)
}

export function fieldsOf(cron: string): string[] {
  return cron.trim().split(/\s+/)
}
