import { authKeyText, isJsonObject, PlatformError, readAuthKey, type JsonObject, type JsonValue } from '@stemcell/core'
import type { MissedPolicy, Schedule, ScheduleStatus, StatusReason, Timing } from './schedule.ts'

const ENTITY_TYPE = 'stemcell:schedule'

/** A schedule as a document of the entity store; it is in no index. */
export function scheduleDocument(schedule: Schedule): JsonObject {
  const { key, timing, status, firing, trigger, ...rest } = schedule
  const { active, dateChanged, reason } = status
  return {
    entityType: ENTITY_TYPE,
    ...rest,
    // Not `trigger`, by which views of rules know their documents.
    triggerName: trigger,
    ...(key && { key: authKeyText(key) }),
    timing: { ...timing },
    status: { active, dateChanged, ...(reason && { reason: { ...reason } }) },
    firing: [...firing],
  }
}

/** @throws ERR_CORRUPT the document is no schedule */
export function readSchedule(document: JsonObject): Schedule {
  const {
    entityType,
    namespace,
    triggerName: trigger,
    owner,
    fired,
    next,
    maxTriggers,
    missed,
    payload,
    firing,
    action,
  } = document
  const key = typeof document['key'] === 'string' ? readAuthKey(document['key']) : undefined
  if (
    entityType !== ENTITY_TYPE ||
    typeof namespace !== 'string' ||
    typeof trigger !== 'string' ||
    typeof owner !== 'string' ||
    typeof fired !== 'number' ||
    (key === undefined && typeof action !== 'string')
  ) {
    throw corrupt('a member is missing')
  }
  const numbers = Array.isArray(firing) ? firing.filter((at) => typeof at === 'number') : []
  return {
    namespace,
    trigger,
    owner,
    ...(key && { key }),
    ...(typeof action === 'string' ? { action } : {}),
    fired,
    timing: readTiming(object(document['timing'])),
    payload: object(payload),
    missed: isMissedPolicy(missed) ? missed : 'last',
    status: readStatus(object(document['status'])),
    firing: numbers,
    ...(typeof next === 'number' ? { next } : {}),
    ...(typeof maxTriggers === 'number' ? { maxTriggers } : {}),
  }
}

export function isMissedPolicy(value: JsonValue | undefined): value is MissedPolicy {
  return value === 'skip' || value === 'last' || value === 'all'
}

function readTiming(json: JsonObject): Timing {
  const { kind, cron, minutes, startDate, date } = json
  const isDate = (value: JsonValue | undefined): boolean => typeof value === 'string' || typeof value === 'number'
  const valid =
    (kind === 'alarm' && typeof cron === 'string') ||
    (kind === 'interval' && typeof minutes === 'number' && isDate(startDate)) ||
    (kind === 'once' && isDate(date))
  if (!valid) throw corrupt('timing')
  return json as unknown as Timing
}

function readStatus({ active, dateChanged, reason }: JsonObject): ScheduleStatus {
  if (typeof active !== 'boolean' || typeof dateChanged !== 'number') throw corrupt('status')
  return { active, dateChanged, ...(isJsonObject(reason) ? { reason: reason as unknown as StatusReason } : {}) }
}

function object(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw corrupt('a member')
  return value
}

function corrupt(what: string): PlatformError {
  return new PlatformError('ERR_CORRUPT', `schedule cannot be read: ${what}`)
}
