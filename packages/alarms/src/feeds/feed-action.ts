import {
  readAuthKey,
  type AuthKey,
  type Clock,
  type JsonObject,
  type SystemAction,
  type SystemCall,
} from '@stemcell/core'
import type { Scheduler } from '../engine/scheduler.ts'
import type { StoredSchedule } from '../engine/schedule-store.ts'
import type { AlarmsSettings } from '../alarms-options.ts'
import { occurrenceAfter } from '../schedule/occurrences.ts'
import { actionScheduleId, type Schedule, type ScheduleId, type Timing } from '../schedule/schedule.ts'
import { describedSchedule } from './described-schedule.ts'
import { isGiven, parseMaxTriggers, parseMissed, parsePayload, parseTiming } from './parse-parameters.ts'
import { refuse } from './refuse.ts'
import { notFound, TEXTS } from './texts.ts'
import { updatedSchedule } from './updated-schedule.ts'

export interface FeedParts {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly controllerId: string
  readonly settings: AlarmsSettings
}

/** How often a change is tried against others of the same schedule. */
const ATTEMPTS = 20
const SUCCESS: JsonObject = { status: 'success' }

interface FeedCall {
  readonly id: ScheduleId
  readonly key: AuthKey
  readonly parameters: JsonObject
}

/** One of the feeds: `kind` says which, where a new schedule is made; the other events serve schedules of any kind. */
export function feedAction(
  parts: FeedParts,
  kind: Timing['kind'],
  shown: Pick<SystemAction, 'name' | 'description' | 'takes'>,
): SystemAction {
  return { ...shown, annotations: { feed: true }, run: (call) => handle(parts, kind, call) }
}

async function handle(parts: FeedParts, kind: Timing['kind'], call: SystemCall): Promise<JsonObject> {
  const { lifecycleEvent } = call.parameters
  const event = typeof lifecycleEvent === 'string' ? lifecycleEvent : ''
  switch (event) {
    case 'CREATE':
      return create(parts, kind, readCall(call), call)
    case 'READ': {
      const { actionName } = call.parameters
      if (typeof actionName === 'string' && call.parameters['triggerName'] === undefined) {
        const id = actionScheduleId(call.caller.namespace, nameOf(actionName))
        return describedSchedule((await find(parts, id)).schedule)
      }
      const { id, key } = readCall(call)
      await authenticate(call, id, key)
      return describedSchedule((await find(parts, id)).schedule)
    }
    case 'UPDATE': {
      const { id, key, parameters } = readCall(call)
      await authenticate(call, id, key)
      const { limitCronFields } = parts.settings
      return change(parts, id, (schedule, now) =>
        updatedSchedule({ ...schedule, key }, parameters, now, limitCronFields),
      )
    }
    case 'PAUSE':
    case 'UNPAUSE': {
      const { id, key } = readCall(call)
      await authenticate(call, id, key)
      return change(parts, id, event === 'PAUSE' ? paused : unpaused)
    }
    case 'DELETE':
      return remove(parts, call)
    default:
      throw refuse(400, TEXTS.lifecycleEvent)
  }
}

/** @throws SystemActionError */
function readCall({ parameters, caller }: SystemCall): FeedCall {
  const { authKey, triggerName } = parameters
  const key = isGiven(authKey) ? readAuthKey(typeof authKey === 'string' ? authKey : '') : caller.authkey
  if (!key) throw refuse(400, TEXTS.noAuthKey)
  if (typeof triggerName !== 'string' || triggerName === '') throw refuse(400, TEXTS.noTriggerName)
  // Whatever namespace the name says, the trigger is one of the caller's.
  const trigger = nameOf(triggerName)
  if (trigger === '') throw refuse(400, TEXTS.noTriggerName)
  return { id: { namespace: caller.namespace, trigger }, key, parameters }
}

function nameOf(name: string): string {
  return name.startsWith('/') ? name.split('/').slice(2).join('/') : name
}

async function create(
  { scheduler, clock, controllerId, settings }: FeedParts,
  kind: Timing['kind'],
  { id, key, parameters }: FeedCall,
  call: SystemCall,
): Promise<JsonObject> {
  const now = clock.now()
  const timing = parseTiming(kind, parameters, now, settings.limitCronFields)
  const { maxTriggers, missed, trigger_payload: payload } = parameters
  const most = isGiven(maxTriggers) ? parseMaxTriggers(maxTriggers) : undefined
  const next = occurrenceAfter(timing, now)
  const schedule: Schedule = {
    ...id,
    key,
    timing,
    payload: parsePayload(payload),
    missed: isGiven(missed) ? parseMissed(missed) : 'last',
    ...(most === undefined ? {} : { maxTriggers: most }),
    fired: 0,
    status: { active: true, dateChanged: now },
    ...(next === undefined ? {} : { next }),
    owner: controllerId,
    firing: [],
  }
  await authenticate(call, id, key)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // A schedule of the name that was left behind is replaced.
    const current = await scheduler.store.get(id)
    if ((await scheduler.store.put(schedule, current?.revision)) === undefined) continue
    scheduler.changed(schedule)
    return SUCCESS
  }
  throw refuse(409, 'error creating alarm trigger.')
}

async function remove({ scheduler }: FeedParts, call: SystemCall): Promise<JsonObject> {
  const { id, key } = readCall(call)
  await authenticate(call, id, key, 404)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { revision } = await find({ scheduler }, id)
    if (!(await scheduler.store.delete(id, revision))) continue
    scheduler.removed(id)
    return SUCCESS
  }
  throw refuse(409, 'there was an error while deleting the trigger from the database.')
}

/** Writes what `edit` makes of the schedule. This controller fires it from now on. */
async function change(
  { scheduler, clock, controllerId }: FeedParts,
  id: ScheduleId,
  edit: (schedule: Schedule, nowMs: number) => Schedule,
): Promise<JsonObject> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { schedule, revision } = await find({ scheduler }, id)
    const edited = { ...edit(schedule, clock.now()), owner: controllerId }
    if ((await scheduler.store.put(edited, revision)) === undefined) continue
    scheduler.changed(edited)
    return SUCCESS
  }
  throw refuse(409, 'there was an error while updating the trigger in the database.')
}

function paused({ next: _over, ...schedule }: Schedule, nowMs: number): Schedule {
  const reason = { kind: 'USER', message: 'Paused' } as const
  return { ...schedule, status: { active: false, dateChanged: nowMs, reason } }
}

function unpaused({ next: _before, ...schedule }: Schedule, nowMs: number): Schedule {
  const next = occurrenceAfter(schedule.timing, nowMs)
  if (next === undefined) throw refuse(400, TEXTS.firstAfterStop)
  return { ...schedule, next, status: { active: true, dateChanged: nowMs } }
}

async function find({ scheduler }: Pick<FeedParts, 'scheduler'>, id: ScheduleId): Promise<StoredSchedule> {
  const stored = await scheduler.store.get(id)
  if (!stored) throw refuse(404, notFound(id.namespace, id.trigger))
  return stored
}

/** The key must be one with which the trigger can be read. @throws SystemActionError */
async function authenticate(call: SystemCall, id: ScheduleId, key: AuthKey, tolerated?: number): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(id.namespace)}/triggers/${encodeURIComponent(id.trigger)}`
  const { status } = await call.clientOf(key).request('GET', path)
  if (status >= 400 && status !== tolerated) throw refuse(status, TEXTS.notAuthenticated)
}
