import type { Clock, EntityStore, Logger, SystemPackageContext, Timer } from '@stemcell/core'
import type { AlarmsSettings } from '../alarms-options.ts'
import { toFire } from '../schedule/missed.ts'
import { occurrencesUpTo } from '../schedule/occurrences.ts'
import { scheduleKey, type Schedule, type ScheduleId, type StatusReason } from '../schedule/schedule.ts'
import { spreadOf } from '../schedule/spread.ts'
import { removeTrigger } from './remove-trigger.ts'
import { DueHeap } from './due-heap.ts'
import { fireOccurrence, type FireEnd } from './fire.ts'
import { Heartbeat } from './heartbeat.ts'
import { lastOccurrenceText } from './reasons.ts'
import { ScheduleStore, type StoredSchedule } from './schedule-store.ts'

export interface SchedulerParts extends Pick<
  SystemPackageContext,
  'controllerId' | 'clustered' | 'clientOf' | 'fire' | 'invoke'
> {
  readonly entityStore: EntityStore
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: AlarmsSettings
}

/** No timer is longer: the clock of the machine may be set meanwhile, ms. */
const LONGEST_TIMER_MS = 60_000
/** How long a store that does not answer is left alone, ms. */
const STORE_PAUSE_MS = 1_000
/** A claim older than this is made again before it is used: the process may have stood still, ms. */
const CLAIM_HOLDS_MS = 2_000
/** How long an occurrence rests that is due once and could not be fired, ms. */
const AGAIN_MS = 60_000
/** Schedules of a silent controller that are written at the same time. */
const TAKEN_AT_ONCE = 32

/**
 * Fires schedules when they are due. Each belongs to one controller, which claims every occurrence in the store before
 * it fires it: a claim changes the revision of the schedule, so that of two controllers only one gets it. Schedules of a
 * controller that is silent are taken over with all that it had claimed and not finished.
 *
 * In memory there is the name and the time of each schedule of this controller, and one timer.
 */
export class Scheduler {
  readonly store: ScheduleStore
  readonly #parts: SchedulerParts
  readonly #due = new DueHeap()
  readonly #heartbeat: Heartbeat | undefined
  readonly #working = new Set<Promise<void>>()
  /** Names of schedules that are worked on, one at a time, and whether they were changed meanwhile. */
  readonly #busy = new Map<string, { changed: boolean }>()
  #timer: Timer | undefined
  #closing = new AbortController()
  #takingOver: Promise<void> | undefined

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.store = new ScheduleStore(parts.entityStore, parts.logger)
    if (parts.clustered) {
      const { heartbeatMs, takeoverAfterMs } = parts.settings
      this.#heartbeat = new Heartbeat({
        ...parts,
        heartbeatMs,
        takeoverAfterMs,
        onSilent: (silent) => this.#takeOver(silent),
      })
    }
  }

  /** How many schedules this controller fires. */
  get size(): number {
    return this.#due.size + this.#busy.size
  }

  async open(): Promise<void> {
    this.#closing = new AbortController()
    await this.#heartbeat?.open()
    const { controllerId, clustered } = this.#parts
    for await (const stored of this.store.all()) {
      const { schedule } = stored
      const isOwn = schedule.owner === controllerId
      // Alone, there is nobody else whose they could be.
      if (isOwn || !clustered) this.#enter(schedule)
      else this.#heartbeat?.mayLive(schedule.owner)
    }
    this.#plan()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#heartbeat?.close()
    await this.#takingOver
    await Promise.all(this.#working)
    await this.#heartbeat?.leave()
    this.#due.clear()
  }

  /** A schedule was written, by this controller: it fires it from now on. */
  changed(schedule: Schedule): void {
    if (this.#closing.signal.aborted) return
    const busy = this.#busy.get(scheduleKey(schedule))
    if (busy) {
      busy.changed = true
      return
    }
    this.#enter(schedule)
    this.#plan()
  }

  removed(id: ScheduleId): void {
    this.#due.delete(scheduleKey(id))
  }

  #enter(schedule: Schedule): void {
    const name = scheduleKey(schedule)
    const { next, status, firing } = schedule
    // What was claimed by a life before this one is finished at once.
    if (firing.length > 0) this.#due.set(name, 0)
    else if (status.active && next !== undefined) this.#due.set(name, next + this.#spread(schedule))
    else this.#due.delete(name)
  }

  #spread(schedule: Schedule): number {
    return spreadOf(schedule, this.#parts.settings.spreadMs)
  }

  /** Starts what is due, as much as may run at once, and waits for the rest. */
  #plan(): void {
    if (this.#closing.signal.aborted) return
    const { clock, settings } = this.#parts
    const now = clock.now()
    while (this.#working.size < settings.parallelFires) {
      const name = this.#due.take(now)
      if (name === undefined) break
      this.#start(name)
    }
    this.#timer?.cancel()
    this.#timer = undefined
    const { firstMs } = this.#due
    if (firstMs === undefined || this.#working.size >= settings.parallelFires) return
    this.#timer = clock.setTimer(Math.min(LONGEST_TIMER_MS, Math.max(0, firstMs - now)), () => this.#plan())
  }

  #start(name: string): void {
    const busy = { changed: false }
    this.#busy.set(name, busy)
    const work = this.#work(idOf(name)).then(
      (schedule) => {
        this.#busy.delete(name)
        if (busy.changed) this.#due.set(name, 0)
        else if (schedule?.firing.length) this.#due.set(name, this.#parts.clock.now() + AGAIN_MS)
        else if (schedule) this.#enter(schedule)
      },
      (err: unknown) => {
        this.#parts.logger.warn({ err, schedule: name }, 'schedule is due, but the store does not answer')
        this.#busy.delete(name)
        this.#due.set(name, this.#parts.clock.now() + STORE_PAUSE_MS)
      },
    )
    const done = work.finally(() => {
      this.#working.delete(done)
      this.#plan()
    })
    this.#working.add(done)
  }

  /** Claims and fires what is due of a schedule. Resolves with it as it is then; undefined when it is not ours. */
  async #work(id: ScheduleId): Promise<Schedule | undefined> {
    const { clock, settings, controllerId, clustered } = this.#parts
    let stored = await this.store.get(id)
    if (!stored) return undefined
    const { schedule } = stored
    if (clustered && schedule.owner !== controllerId) return undefined
    const now = clock.now()
    const isDue = schedule.status.active && schedule.next !== undefined && schedule.next + this.#spread(schedule) <= now
    if (!isDue && schedule.firing.length === 0) return schedule

    let claimed: Schedule = { ...schedule, owner: controllerId }
    if (isDue) {
      const { due, next } = occurrencesUpTo(schedule.timing, schedule.next, now, settings.maxMissed)
      const room = schedule.maxTriggers === undefined ? Infinity : schedule.maxTriggers - schedule.fired
      const chosen = toFire(schedule.missed, due, next, now).slice(0, Math.max(0, room))
      claimed = withNext(
        { ...claimed, firing: [...schedule.firing, ...chosen], fired: schedule.fired + chosen.length },
        next,
      )
    }
    const revision = await this.store.put(claimed, stored.revision)
    // Changed by its owner or taken over meanwhile: what it is now is looked at again.
    if (revision === undefined) return this.#work(id)
    stored = { schedule: claimed, revision }
    for (const at of claimed.firing) {
      const after = await this.#fire(stored, at, schedule.firing.includes(at))
      if (!after) return undefined
      stored = after
    }
    return this.#end(stored)
  }

  /** Fires one occurrence and notes that it is done. Undefined when the schedule is not ours any more. */
  async #fire(claimed: StoredSchedule, at: number, again: boolean): Promise<StoredSchedule | undefined> {
    const { clock, logger, fire, invoke } = this.#parts
    let stored = claimed
    let claimedMs = clock.monotonic()
    const stillOwned = async (): Promise<boolean> => {
      if (clock.monotonic() - claimedMs < CLAIM_HOLDS_MS) return true
      const revision = await this.store.put(stored.schedule, stored.revision)
      if (revision === undefined) return false
      stored = { schedule: stored.schedule, revision }
      claimedMs = clock.monotonic()
      return true
    }
    const { signal } = this.#closing
    const end = await fireOccurrence(stored.schedule, at, { fire, invoke, clock, signal, again, stillOwned })
    if (end.kind === 'closed') return undefined
    const { namespace, trigger } = stored.schedule
    if (end.kind !== 'fired') logger.warn({ namespace, trigger, ...end }, 'trigger of a schedule was not fired')
    return this.#note(stored, at, end)
  }

  async #note(stored: StoredSchedule, at: number, end: FireEnd): Promise<StoredSchedule | undefined> {
    const { schedule, revision } = stored
    // There is no other occurrence to come: this one stays claimed, and is tried again.
    if (end.kind === 'failed' && schedule.timing.kind === 'once') return stored
    let done: Schedule = { ...schedule, firing: schedule.firing.filter((claimed) => claimed !== at) }
    if (end.kind === 'refused') {
      // An action takes its schedule with it.
      if (schedule.action !== undefined && end.statusCode === 404 && (await this.store.delete(schedule, revision))) {
        return undefined
      }
      done = this.#stopped(done, refusalReason(end))
    }
    const written = await this.store.put(done, revision)
    if (written !== undefined) return { schedule: done, revision: written }
    // Its owner changed it while it was fired: that stands, and only the occurrence is taken out of it.
    const current = await this.store.get(schedule)
    if (!current || !current.schedule.firing.includes(at)) return undefined
    return this.#note(current, at, end)
  }

  /** After its last occurrence a schedule says why it is over; a trigger that was to go with it goes. */
  async #end(stored: StoredSchedule): Promise<Schedule | undefined> {
    const { schedule, revision } = stored
    const { timing, status, next, fired, maxTriggers } = schedule
    if (!status.active || schedule.firing.length > 0) return schedule
    const exhausted = maxTriggers !== undefined && fired >= maxTriggers
    if (next !== undefined && !exhausted) return schedule
    if (timing.kind === 'once' && (timing.deleteAfterFire ?? 'false') !== 'false') {
      await removeTrigger(this.#parts, schedule, timing.deleteAfterFire === 'rules')
      await this.store.delete(schedule, revision)
      return undefined
    }
    const message = exhausted ? 'Automatically disabled after reaching max triggers' : lastOccurrenceText(timing.kind)
    const ended = this.#stopped(schedule, { kind: 'AUTO', message })
    const written = await this.store.put(ended, revision)
    return written === undefined ? (await this.store.get(schedule))?.schedule : ended
  }

  #stopped(schedule: Schedule, reason: StatusReason): Schedule {
    const { namespace, trigger } = schedule
    this.#parts.logger.info({ namespace, trigger, reason: reason.message }, 'schedule is disabled')
    const { next: _over, ...rest } = schedule
    return { ...rest, status: { active: false, dateChanged: this.#parts.clock.now(), reason } }
  }

  #takeOver(silent: ReadonlySet<string>): void {
    if (this.#takingOver) return
    this.#takingOver = this.#takeAll(silent)
      .catch((err: unknown) => this.#parts.logger.warn({ err }, 'schedules of a silent controller not taken over yet'))
      .finally(() => (this.#takingOver = undefined))
  }

  async #takeAll(silent: ReadonlySet<string>): Promise<void> {
    const { controllerId, logger } = this.#parts
    let taken = 0
    const take = async ({ schedule, revision }: StoredSchedule): Promise<void> => {
      const ours = { ...schedule, owner: controllerId }
      if ((await this.store.put(ours, revision)) === undefined) return
      taken++
      this.#enter(ours)
    }
    let batch: Promise<void>[] = []
    for await (const stored of this.store.all()) {
      if (!silent.has(stored.schedule.owner)) continue
      if (this.#closing.signal.aborted) break
      batch.push(take(stored))
      if (batch.length < TAKEN_AT_ONCE) continue
      await Promise.all(batch)
      batch = []
      // What is due is not kept waiting until all is taken.
      this.#plan()
    }
    await Promise.all(batch)
    if (taken > 0) logger.warn({ controllers: [...silent], taken }, 'schedules of silent controllers taken over')
    this.#plan()
    if (!this.#closing.signal.aborted) await this.#heartbeat?.forget(silent)
  }
}

function withNext(schedule: Schedule, next: number | undefined): Schedule {
  const { next: _before, ...rest } = schedule
  return next === undefined ? rest : { ...rest, next }
}

function refusalReason(end: Extract<FireEnd, { kind: 'refused' }>): StatusReason {
  const message =
    end.statusCode === 429
      ? 'Automatically disabled after continuously receiving a 429 status code when firing the trigger'
      : `Trigger automatically disabled: ${end.message}`
  return { kind: 'AUTO', statusCode: end.statusCode, message }
}

function idOf(name: string): ScheduleId {
  const slash = name.indexOf('/')
  return { namespace: name.slice(0, slash), trigger: name.slice(slash + 1) }
}
