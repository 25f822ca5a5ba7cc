import type { JsonObject } from '@stemcell/core'
import { dateMs, occurrenceAfter } from '../schedule/occurrences.ts'
import type { DateValue, Schedule, Timing } from '../schedule/schedule.ts'
import {
  isGiven,
  parseCron,
  parseDate,
  parseDeleteAfterFire,
  parseMinutes,
  parseMissed,
  parsePayload,
  shown,
} from './parse-parameters.ts'
import { refuse } from './refuse.ts'
import { startAfterStop, TEXTS } from './texts.ts'

/** A schedule as an update makes it: active again, from now on. @throws SystemActionError */
export function updatedSchedule(
  schedule: Schedule,
  parameters: JsonObject,
  nowMs: number,
  limitCronFields: boolean,
): Schedule {
  const { trigger_payload: payload, missed } = parameters
  const timing = updatedTiming(schedule.timing, parameters, nowMs, limitCronFields)
  const isUpdated = timing !== schedule.timing || isGiven(payload) || isGiven(missed)
  if (!isUpdated) throw refuse(400, TEXTS.nothingToUpdate)
  const next = occurrenceAfter(timing, nowMs)
  if (next === undefined && timing.kind !== 'once') throw refuse(400, TEXTS.firstAfterStop)
  const { next: _before, ...rest } = schedule
  return {
    ...rest,
    timing,
    ...(isGiven(payload) && { payload: parsePayload(payload) }),
    ...(isGiven(missed) && { missed: parseMissed(missed) }),
    status: { active: next !== undefined, dateChanged: nowMs },
    ...(next === undefined ? {} : { next }),
  }
}

/** The same object when nothing of it is updated. */
function updatedTiming(timing: Timing, parameters: JsonObject, nowMs: number, limitCronFields: boolean): Timing {
  const changes = timing.kind === 'once' ? onceChanges(parameters, nowMs) : datesChanges(timing, parameters, nowMs)
  if (timing.kind === 'alarm') {
    if (isGiven(parameters['cron'])) Object.assign(changes, parseCron(parameters, limitCronFields))
    else if (isGiven(parameters['timezone'])) {
      Object.assign(changes, parseCron({ cron: timing.cron, timezone: parameters['timezone'] }, false))
    }
    if (parameters['strict'] !== undefined) {
      Object.assign(changes, { strict: shown(parameters['strict']).toLowerCase() === 'true' })
    }
  }
  if (timing.kind === 'interval' && isGiven(parameters['minutes'])) changes['minutes'] = parseMinutes(parameters)
  return Object.keys(changes).length === 0 ? timing : ({ ...timing, ...changes } as Timing)
}

function onceChanges({ date, deleteAfterFire }: JsonObject, nowMs: number): JsonObject {
  return {
    ...(isGiven(date) && { date: parseDate('date', date, nowMs) }),
    ...(isGiven(deleteAfterFire) && { deleteAfterFire: parseDeleteAfterFire(deleteAfterFire) }),
  }
}

function datesChanges(
  timing: { readonly startDate?: DateValue; readonly stopDate?: DateValue },
  { startDate, stopDate }: JsonObject,
  nowMs: number,
): JsonObject {
  const start = isGiven(startDate) ? parseDate('startDate', startDate, nowMs) : undefined
  if (isGiven(stopDate)) {
    const stop = parseDate('stopDate', stopDate, nowMs, start ?? timing.startDate)
    return { ...(start === undefined ? {} : { startDate: start }), stopDate: stop }
  }
  if (start === undefined) return {}
  if (timing.stopDate !== undefined && dateMs(start) >= dateMs(timing.stopDate)) {
    throw refuse(400, startAfterStop(shown(start), shown(timing.stopDate)))
  }
  return { startDate: start }
}
