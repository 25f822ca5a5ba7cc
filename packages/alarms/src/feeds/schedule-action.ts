import { isSystemActionError, PlatformError, type JsonObject, type JsonValue, type WrittenAction } from '@stemcell/core'
import { occurrenceAfter } from '../schedule/occurrences.ts'
import { actionScheduleId, type Schedule, type ScheduleStatus, type Timing } from '../schedule/schedule.ts'
import type { FeedParts } from './feed-action.ts'
import { isGiven, parseCron, shown } from './parse-parameters.ts'

/** How often a change is tried against others of the same schedule. */
const ATTEMPTS = 20
/** What is kept of a pattern that is none. */
const LONGEST_TEXT = 256

/**
 * An action with annotation `cron` is invoked at the times of the pattern, in `timezone`, unless `autoexec` is false.
 * A pattern that is none makes a schedule that is not active and says why.
 * @throws ERR_UNAVAILABLE
 */
export async function scheduleAction(
  { scheduler, clock, controllerId, settings }: FeedParts,
  { namespace, name, annotations }: WrittenAction,
): Promise<void> {
  const id = actionScheduleId(namespace, name)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await scheduler.store.get(id)
    if (!annotations || !wantsSchedule(annotations)) {
      if (current && !(await scheduler.store.delete(id, current.revision))) continue
      scheduler.removed(id)
      return
    }
    const now = clock.now()
    const made = timingOf(annotations, now, settings.limitCronFields)
    // Its code was changed, or something else: that does not make it start anew.
    if (current?.schedule.status.active && made.status.active && isSame(current.schedule.timing, made.timing)) return
    const schedule: Schedule = {
      ...id,
      ...made,
      action: name,
      payload: {},
      missed: 'last',
      fired: 0,
      owner: controllerId,
      firing: [],
    }
    if ((await scheduler.store.put(schedule, current?.revision)) === undefined) continue
    scheduler.changed(schedule)
    return
  }
  throw new PlatformError('ERR_UNAVAILABLE', `the schedule of action '${namespace}/${name}' changes all the time`)
}

function wantsSchedule({ cron, autoexec }: JsonObject): boolean {
  return isGiven(cron) && autoexec !== false && autoexec !== 'false'
}

function timingOf(
  { cron, timezone }: JsonObject,
  now: number,
  limitCronFields: boolean,
): { readonly timing: Timing; readonly status: ScheduleStatus; readonly next?: number } {
  try {
    const timing: Timing = {
      kind: 'alarm',
      ...parseCron({ cron: cron!, ...(isGiven(timezone) && { timezone }) }, limitCronFields),
      strict: false,
    }
    const next = occurrenceAfter(timing, now)
    return { timing, status: { active: next !== undefined, dateChanged: now }, ...(next === undefined ? {} : { next }) }
  } catch (error) {
    if (!isSystemActionError(error)) throw error
    const reason = { kind: 'AUTO', statusCode: 400, message: textOf(error.error) } as const
    const timing: Timing = { kind: 'alarm', cron: shown(cron).slice(0, LONGEST_TEXT), strict: false }
    return { timing, status: { active: false, dateChanged: now, reason } }
  }
}

function textOf(error: JsonValue): string {
  return shown((error as JsonObject)['error']).slice(0, LONGEST_TEXT)
}

function isSame(a: Timing, b: Timing): boolean {
  return a.kind === 'alarm' && b.kind === 'alarm' && a.cron === b.cron && a.timezone === b.timezone
}
