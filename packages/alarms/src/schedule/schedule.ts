import type { AuthKey, JsonObject } from '@stemcell/core'

/** When a schedule fires. Dates are as the user gave them: ISO text or epoch ms. */
export type Timing =
  | {
      readonly kind: 'alarm'
      readonly cron: string
      readonly timezone?: string
      /** Not spread over the seconds after the minute. */
      readonly strict: boolean
      readonly startDate?: DateValue
      readonly stopDate?: DateValue
    }
  | {
      readonly kind: 'interval'
      readonly minutes: number
      readonly startDate: DateValue
      readonly stopDate?: DateValue
    }
  | { readonly kind: 'once'; readonly date: DateValue; readonly deleteAfterFire?: DeleteAfterFire }

export type DateValue = string | number

export type DeleteAfterFire = 'false' | 'true' | 'rules'

/** What becomes of occurrences that nobody was there to fire. */
export type MissedPolicy = 'skip' | 'last' | 'all'

export interface ScheduleId {
  readonly namespace: string
  /** Of a schedule that invokes an action: what no trigger can be called, see `actionScheduleId`. */
  readonly trigger: string
}

/** A schedule with all that must survive its controller. */
export interface Schedule extends ScheduleId {
  /** Who fires the trigger. Actions are invoked as the owner of their namespace, whatever the owner's key is then. */
  readonly key?: AuthKey
  /** Invoked instead of a trigger: `name`, or `package/name`. */
  readonly action?: string
  readonly timing: Timing
  readonly payload: JsonObject
  readonly missed: MissedPolicy
  /** Fires until it ends; undefined for any number. */
  readonly maxTriggers?: number
  /** Occurrences that were fired. */
  readonly fired: number
  readonly status: ScheduleStatus
  /** The next occurrence, epoch ms, without its spread; undefined when it is not active. */
  readonly next?: number
  /** The controller that fires it. */
  readonly owner: string
  /** Occurrences that are being fired: claimed, and not known to be done. */
  readonly firing: readonly number[]
}

export interface ScheduleStatus {
  readonly active: boolean
  /** Epoch ms. */
  readonly dateChanged: number
  readonly reason?: StatusReason
}

/** Why a schedule is not active. */
export interface StatusReason {
  /** `AUTO`: by this package; `USER`: paused by its owner. */
  readonly kind: 'AUTO' | 'USER'
  readonly statusCode?: number
  readonly message: string
}

export function scheduleKey({ namespace, trigger }: ScheduleId): string {
  return `${namespace}/${trigger}`
}

/** The schedule of an action that says itself when it wants to be invoked. */
export function actionScheduleId(namespace: string, action: string): ScheduleId {
  // A colon is in no name.
  return { namespace, trigger: `action:${action}` }
}
