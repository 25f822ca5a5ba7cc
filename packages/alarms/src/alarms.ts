import type {
  Adapter,
  SystemAction,
  SystemPackage,
  SystemPackageContext,
  SystemParameter,
  WrittenAction,
} from '@stemcell/core'
import { ONCE } from '@stemcell/core/schema'
import { alarmsOptions, type AlarmsOptions, type AlarmsSettings } from './alarms-options.ts'
import { Scheduler } from './engine/scheduler.ts'
import { feedAction } from './feeds/feed-action.ts'
import { scheduleAction } from './feeds/schedule-action.ts'
import type { Timing } from './schedule/schedule.ts'

const PAYLOAD: SystemParameter = {
  name: 'trigger_payload',
  description: 'What the trigger is fired with',
  type: 'object',
}
const START: SystemParameter = { name: 'startDate', description: 'Nothing is fired before, ISO text or epoch ms' }
const STOP: SystemParameter = { name: 'stopDate', description: 'Nothing is fired after, ISO text or epoch ms' }
const MISSED: SystemParameter = {
  name: 'missed',
  description: 'What becomes of occurrences during an outage: skip, last (the default) or all',
}

const FEEDS: readonly {
  readonly kind: Timing['kind']
  readonly description: string
  readonly takes: readonly SystemParameter[]
}[] = [
  {
    kind: 'alarm',
    description: 'Fires a trigger at the times of a cron pattern',
    takes: [
      { name: 'cron', description: 'Five fields, or six with seconds in front', required: true, type: 'string' },
      { name: 'timezone', description: 'IANA name; UTC when none is given', type: 'string' },
      { name: 'strict', description: 'Fire at the very minute instead of some seconds behind it', type: 'boolean' },
      { name: 'maxTriggers', description: 'Fire so many times and no more', type: 'number' },
      PAYLOAD,
      START,
      STOP,
      MISSED,
    ],
  },
  {
    kind: 'interval',
    description: 'Fires a trigger every so many minutes',
    takes: [
      { name: 'minutes', description: 'A whole number', required: true, type: 'number' },
      PAYLOAD,
      START,
      STOP,
      MISSED,
    ],
  },
  {
    kind: 'once',
    description: 'Fires a trigger once',
    takes: [
      { name: 'date', description: 'When, ISO text or epoch ms', required: true },
      { name: 'deleteAfterFire', description: 'false (the default), true, or rules: the trigger and its rules' },
      PAYLOAD,
      MISSED,
    ],
  },
]

/** The package `/whisk.system/alarms`. */
class Alarms implements SystemPackage {
  readonly name = 'alarms'
  readonly description = 'Alarms and periodic utility'
  readonly parameters = { trigger_payload: '' }
  readonly actions: readonly SystemAction[]
  readonly scheduler: Scheduler
  readonly #actionWritten: (written: WrittenAction) => Promise<void>

  constructor(context: SystemPackageContext, settings: AlarmsSettings) {
    this.scheduler = new Scheduler({ ...context, settings })
    const parts = { ...context, scheduler: this.scheduler, settings }
    this.#actionWritten = (written) => scheduleAction(parts, written)
    this.actions = FEEDS.map(({ kind, ...shown }) => feedAction(parts, kind, { name: kind, ...shown }))
  }

  actionWritten(written: WrittenAction): Promise<void> {
    return this.#actionWritten(written)
  }

  open(): Promise<void> {
    return this.scheduler.open()
  }

  close(): Promise<void> {
    return this.scheduler.close()
  }
}

/**
 * Timers: the feeds `alarm`, `interval` and `once` of `/whisk.system/alarms`, with the parameters, results and texts of
 * OpenWhisk's package. Schedules lie in the entity store; each occurrence fires its trigger once, whichever controller
 * does it and whatever crashes.
 */
export function alarms(options: AlarmsOptions = {}): Adapter<SystemPackage, SystemPackageContext> {
  const settings = alarmsOptions.parse(options, ONCE)
  return { name: '@stemcell/alarms', core: '^0.1.0', build: (context) => new Alarms(context, settings) }
}
