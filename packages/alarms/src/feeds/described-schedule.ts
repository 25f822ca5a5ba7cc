import type { JsonObject } from '@stemcell/core'
import type { Schedule } from '../schedule/schedule.ts'

/** What READ answers: how the schedule was made, and how it is. */
export function describedSchedule({
  namespace,
  trigger,
  action,
  payload,
  timing,
  status,
  missed,
}: Schedule): JsonObject {
  const { kind, ...dates } = timing
  const { strict, ...configured } = { strict: undefined, ...dates }
  const { active, dateChanged, reason } = status
  return {
    config: {
      name: action ?? trigger,
      namespace,
      payload,
      ...configured,
      ...(kind === 'alarm' && strict ? { strict } : {}),
      ...(missed === 'last' ? {} : { missed }),
    },
    status: {
      active,
      dateChanged,
      dateChangedISO: new Date(dateChanged).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      ...(reason && { reason: { ...reason } }),
    },
  }
}
