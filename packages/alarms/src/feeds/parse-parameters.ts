import { isJsonObject, numberOf, parseJson, stringifyJson, type JsonObject, type JsonValue } from '@stemcell/core'
import { fieldsOf } from '../schedule/spread.ts'
import { isMissedPolicy } from '../schedule/schedule-codec.ts'
import { cronOf, dateMs, occurrenceAfter } from '../schedule/occurrences.ts'
import type { DateValue, DeleteAfterFire, MissedPolicy, Timing } from '../schedule/schedule.ts'
import { refuse } from './refuse.ts'
import { cronInvalid, dateBeforeStart, dateInvalid, dateOver, TEXTS } from './texts.ts'

/** How long after its creation an interval without a start date begins, ms. */
const INTERVAL_DELAY_MS = 30_000

/** Whatever lists its fields have, a pattern is no longer: looking at it must not hold up the controller. */
const LONGEST_CRON = 1_000

/** What the text of a message shows of a parameter. */
export function shown(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : stringifyJson(value ?? null)
}

export function isGiven(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null && value !== '' && value !== false
}

/** @throws SystemActionError */
export function parseCron(parameters: JsonObject, limitCronFields: boolean): { cron: string; timezone?: string } {
  const { cron, timezone } = parameters
  if (!isGiven(cron)) throw refuse(400, TEXTS.cronMissing)
  const text = shown(cron)
  if (text.length > LONGEST_CRON) throw refuse(400, cronInvalid(`${text.slice(0, LONGEST_CRON)}…`))
  const fields = typeof cron === 'string' ? fieldsOf(cron) : []
  if (typeof cron !== 'string' || fields.length < 5 || fields.length > 6) throw refuse(400, cronInvalid(shown(cron)))
  try {
    if (cronOf({ cron }).nextRun(new Date(0)) === null) throw refuse(400, cronInvalid(cron))
  } catch (error) {
    if (error instanceof Error && error.name === 'SystemActionError') throw error
    throw refuse(400, cronInvalid(cron))
  }
  if (limitCronFields && fields.length === 6 && fields[0] !== '0') throw refuse(400, TEXTS.cronLimited)
  if (!isGiven(timezone)) return { cron }
  if (typeof timezone !== 'string' || !isTimezone(timezone)) throw refuse(400, TEXTS.timezoneInvalid)
  return { cron, timezone }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** @throws SystemActionError */
export function parseMinutes({ minutes }: JsonObject): number {
  if (!isGiven(minutes)) throw refuse(400, TEXTS.minutesMissing)
  const value = numberOf(minutes) ?? (typeof minutes === 'string' ? Number(minutes) : Number.NaN)
  if (!Number.isInteger(value)) throw refuse(400, TEXTS.minutesNotWhole)
  if (value <= 0) throw refuse(400, TEXTS.minutesNotPositive)
  return value
}

/** A date in the future, as it was given; after `startDate` where there is one. @throws SystemActionError */
export function parseDate(name: string, value: JsonValue, nowMs: number, startDate?: DateValue): DateValue {
  const date = typeof value === 'string' ? value : numberOf(value)
  const ms = date === undefined ? Number.NaN : dateMs(date)
  if (date === undefined || Number.isNaN(ms)) throw refuse(400, dateInvalid(name, shown(value)))
  if (ms <= nowMs) throw refuse(400, dateOver(name, shown(value)))
  if (startDate !== undefined && ms <= dateMs(startDate)) {
    throw refuse(400, dateBeforeStart(name, shown(value), shown(startDate)))
  }
  return date
}

/** @throws SystemActionError */
export function parseDeleteAfterFire(value: JsonValue): DeleteAfterFire {
  const text = shown(value).trim().toLowerCase()
  if (text === 'false' || text === 'true' || text === 'rules') return text
  throw refuse(400, TEXTS.deleteAfterFire)
}

/** @throws SystemActionError */
export function parseMissed(value: JsonValue): MissedPolicy {
  if (isMissedPolicy(value)) return value
  throw refuse(400, TEXTS.missedUnknown)
}

/** Undefined for any number. @throws SystemActionError */
export function parseMaxTriggers(value: JsonValue): number | undefined {
  const count = typeof value === 'string' ? Number(value) : numberOf(value)
  if (count === -1) return undefined
  if (typeof count !== 'number' || !Number.isInteger(count) || count <= 0) throw refuse(400, TEXTS.maxTriggersInvalid)
  return count
}

/** A text is JSON when it can be read as an object, else it becomes the member `payload`. */
export function parsePayload(value: JsonValue | undefined): JsonObject {
  if (isJsonObject(value)) return value
  if (value === undefined || value === null || value === '') return {}
  if (typeof value !== 'string') return { payload: value }
  try {
    const parsed = parseJson(value)
    if (isJsonObject(parsed)) return parsed
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return { payload: value }
}

function isStrict(value: JsonValue | undefined): boolean {
  return shown(value ?? false).toLowerCase() === 'true'
}

/** When a new schedule of a feed fires. @throws SystemActionError */
export function parseTiming(
  kind: Timing['kind'],
  parameters: JsonObject,
  nowMs: number,
  limitCronFields: boolean,
): Timing {
  if (kind === 'once') {
    const { date, deleteAfterFire } = parameters
    if (!isGiven(date)) throw refuse(400, TEXTS.dateMissing)
    const at = parseDate('date', date, nowMs)
    return {
      kind,
      date: at,
      ...(isGiven(deleteAfterFire) && { deleteAfterFire: parseDeleteAfterFire(deleteAfterFire) }),
    }
  }
  const specific = kind === 'alarm' ? parseCron(parameters, limitCronFields) : { minutes: parseMinutes(parameters) }
  const { startDate, stopDate, maxTriggers, strict } = parameters
  const start = isGiven(startDate)
    ? parseDate('startDate', startDate, nowMs)
    : kind === 'interval'
      ? nowMs + INTERVAL_DELAY_MS
      : undefined
  if (isGiven(maxTriggers) && isGiven(stopDate)) {
    throw refuse(400, kind === 'interval' ? TEXTS.maxTriggersOfInterval : TEXTS.maxTriggersWithStop)
  }
  const stop = isGiven(stopDate) ? { stopDate: parseDate('stopDate', stopDate, nowMs, start) } : {}
  const dates = { ...(start === undefined ? {} : { startDate: start }), ...stop }
  const timing = (
    kind === 'alarm' ? { kind, ...specific, strict: isStrict(strict), ...dates } : { kind, ...specific, ...dates }
  ) as Timing
  if (occurrenceAfter(timing, nowMs) === undefined) throw refuse(400, TEXTS.firstAfterStop)
  return timing
}
