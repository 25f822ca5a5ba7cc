/** Every text of the feeds, as OpenWhisk's package says it: clients and their tests compare them literally. */
export const TEXTS = {
  noTriggerName: 'no trigger name parameter was provided',
  noAuthKey: 'no authKey parameter was provided',
  cronMissing: 'alarms trigger feed is missing the cron parameter',
  cronLimited: 'cron pattern is limited to 5 fields with 1 minute as the finest granularity',
  timezoneInvalid: 'Invalid timezone.',
  dateMissing: 'alarms once trigger feed is missing the date parameter',
  minutesMissing: 'interval trigger feed is missing the minutes parameter',
  minutesNotWhole: 'the minutes parameter must be an integer',
  minutesNotPositive: 'the minutes parameter must be an integer greater than zero',
  deleteAfterFire: 'deleteAfterFire parameter must be one of [false, true, rules].',
  maxTriggersWithStop: 'maxTriggers is not allowed when the stopDate parameter is specified',
  maxTriggersOfInterval: 'maxTriggers is not supported for the interval trigger feed',
  firstAfterStop: 'the first scheduled trigger fire is not until after the stop date',
  nothingToUpdate: 'no updatable parameters were specified',
  lifecycleEvent: 'unsupported lifecycleEvent',
  notAuthenticated: 'Trigger authentication request failed.',
  /** Of a parameter that OpenWhisk does not have. */
  missedUnknown: 'missed parameter must be one of [skip, last, all].',
  maxTriggersInvalid: 'maxTriggers parameter must be an integer greater than zero, or -1',
} as const

export function cronInvalid(cron: string): string {
  return `cron pattern '${cron}' is not valid`
}

export function dateInvalid(parameter: string, value: string): string {
  return `${parameter} parameter '${value}' is not a valid Date`
}

export function dateOver(parameter: string, value: string): string {
  return `${parameter} parameter '${value}' must be in the future`
}

export function dateBeforeStart(parameter: string, value: string, startDate: string): string {
  return `${parameter} parameter '${value}' must be greater than the startDate parameter '${startDate}'`
}

export function startAfterStop(startDate: string, stopDate: string): string {
  return `startDate parameter '${startDate}' must be less than the stopDate parameter '${stopDate}'`
}

export function notFound(namespace: string, trigger: string): string {
  return `could not find trigger /${namespace}/${trigger} in the database`
}
