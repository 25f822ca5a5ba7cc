import type { JsonObject } from '@stemcell/core'
import { AnyOrder, ANYTHING, type ContractRow, type RequestStep } from '../contract-row.ts'
import { DELETE, GET, NS, POST, PUT } from '../paths.ts'

const SYSTEM = '/api/v1/namespaces/whisk.system'
const TRIGGER = `${NS}/triggers/{u}`
const FAR = 4_102_444_800_000
const LATER = FAR + 86_400_000
const YEARLY = '0 0 1 1 *'

type Feed = 'alarm' | 'interval' | 'once'

const tell = (feed: Feed, lifecycleEvent: string, parameters: JsonObject = {}): RequestStep =>
  POST(`${SYSTEM}/actions/alarms/${feed}?blocking=true&result=true`, {
    lifecycleEvent,
    triggerName: '/{ns}/{u}',
    ...parameters,
  })

const trigger = PUT(TRIGGER, {})
const needs = { packages: ['alarms'] }
const SUCCESS = { status: 200, args: { status: 'success' } }
const DEFAULTS: Readonly<Record<Feed, JsonObject>> = {
  alarm: { cron: YEARLY },
  interval: { minutes: 5 },
  once: { date: FAR },
}

function refused(
  name: string,
  when: RequestStep,
  error: string,
  given: readonly RequestStep[] = [trigger],
): ContractRow {
  return { name, needs, given, when, answer: { status: 502, body: { error: { error } } } }
}

const refusals: readonly [Feed, string, JsonObject, string][] = [
  ['alarm', 'without a pattern', {}, 'alarms trigger feed is missing the cron parameter'],
  ['alarm', 'with a pattern of words', { cron: 'every day' }, "cron pattern 'every day' is not valid"],
  ['alarm', 'with a pattern of four fields', { cron: '* * * *' }, "cron pattern '* * * *' is not valid"],
  ['alarm', 'with a pattern beyond its bounds', { cron: '61 * * * *' }, "cron pattern '61 * * * *' is not valid"],
  ['alarm', 'with a pattern that never comes true', { cron: '0 0 31 2 *' }, "cron pattern '0 0 31 2 *' is not valid"],
  ['alarm', 'with a time zone that is none', { cron: YEARLY, timezone: 'Mars/Base' }, 'Invalid timezone.'],
  [
    'alarm',
    'with a start that is no date',
    { cron: YEARLY, startDate: 'soon' },
    "startDate parameter 'soon' is not a valid Date",
  ],
  [
    'alarm',
    'with a start in the past',
    { cron: YEARLY, startDate: '2001-01-01T00:00:00Z' },
    "startDate parameter '2001-01-01T00:00:00Z' must be in the future",
  ],
  ['alarm', 'with a stop in the past', { cron: YEARLY, stopDate: 5 }, "stopDate parameter '5' must be in the future"],
  [
    'alarm',
    'with a stop before its start',
    { cron: YEARLY, startDate: LATER, stopDate: FAR },
    `stopDate parameter '${FAR}' must be greater than the startDate parameter '${LATER}'`,
  ],
  [
    'alarm',
    'whose first fire is behind its stop',
    { cron: '0 12 2 1 *', startDate: FAR, stopDate: FAR + 3_600_000 },
    'the first scheduled trigger fire is not until after the stop date',
  ],
  [
    'alarm',
    'with a number of fires and a stop',
    { cron: YEARLY, maxTriggers: 2, stopDate: FAR },
    'maxTriggers is not allowed when the stopDate parameter is specified',
  ],
  ['interval', 'without minutes', {}, 'interval trigger feed is missing the minutes parameter'],
  ['interval', 'with minutes in words', { minutes: 'two' }, 'the minutes parameter must be an integer'],
  ['interval', 'with a part of a minute', { minutes: 0.5 }, 'the minutes parameter must be an integer'],
  [
    'interval',
    'with minutes below zero',
    { minutes: -1 },
    'the minutes parameter must be an integer greater than zero',
  ],
  [
    'interval',
    'with a number of fires and a stop',
    { minutes: 1, maxTriggers: 2, stopDate: FAR },
    'maxTriggers is not supported for the interval trigger feed',
  ],
  ['once', 'without a date', {}, 'alarms once trigger feed is missing the date parameter'],
  ['once', 'with a date that is none', { date: 'tomorrow' }, "date parameter 'tomorrow' is not a valid Date"],
  ['once', 'with a date in the past', { date: 1 }, "date parameter '1' must be in the future"],
  [
    'once',
    'with something else to delete',
    { date: FAR, deleteAfterFire: 'all' },
    'deleteAfterFire parameter must be one of [false, true, rules].',
  ],
]

/** The package of alarms, where the server has it. */
export const alarmRows: readonly ContractRow[] = [
  {
    name: 'alarms are three feeds',
    needs,
    when: GET(`${SYSTEM}/packages/alarms`),
    answer: {
      status: 200,
      body: {
        name: 'alarms',
        namespace: 'whisk.system',
        publish: true,
        actions: [],
        feeds: new AnyOrder([{ name: 'alarm' }, { name: 'interval' }, { name: 'once' }]),
      },
    },
  },
  ...(Object.keys(DEFAULTS) as Feed[]).flatMap((feed): ContractRow[] => [
    {
      name: `${feed} is made`,
      needs,
      given: [trigger],
      when: tell(feed, 'CREATE', DEFAULTS[feed]),
      answer: SUCCESS,
    },
    {
      name: `${feed} is shown as it was made`,
      needs,
      given: [trigger, tell(feed, 'CREATE', { ...DEFAULTS[feed], trigger_payload: '{"a":1}' })],
      when: tell(feed, 'READ'),
      answer: {
        status: 200,
        body: {
          config: { name: '{u}', namespace: '{ns}', payload: { a: 1 }, ...DEFAULTS[feed] },
          status: { active: true, dateChanged: ANYTHING, dateChangedISO: ANYTHING },
        },
      },
    },
    {
      name: `${feed} wraps a payload that is no JSON`,
      needs,
      given: [trigger, tell(feed, 'CREATE', { ...DEFAULTS[feed], trigger_payload: 'text' })],
      when: tell(feed, 'READ'),
      answer: { status: 200, body: { config: { payload: { payload: 'text' } } } },
    },
    {
      name: `${feed} is changed`,
      needs,
      given: [trigger, tell(feed, 'CREATE', DEFAULTS[feed])],
      when: tell(feed, 'UPDATE', { trigger_payload: { b: 2 } }),
      answer: SUCCESS,
    },
    refused(`${feed} is not changed by nothing`, tell(feed, 'UPDATE'), 'no updatable parameters were specified', [
      trigger,
      tell(feed, 'CREATE', DEFAULTS[feed]),
    ]),
    {
      name: `${feed} is paused`,
      needs,
      given: [trigger, tell(feed, 'CREATE', DEFAULTS[feed]), tell(feed, 'PAUSE')],
      when: tell(feed, 'READ'),
      answer: { status: 200, body: { status: { active: false } } },
    },
    {
      name: `${feed} goes on`,
      needs,
      given: [trigger, tell(feed, 'CREATE', DEFAULTS[feed]), tell(feed, 'PAUSE'), tell(feed, 'UNPAUSE')],
      when: tell(feed, 'READ'),
      answer: { status: 200, body: { status: { active: true } } },
    },
    {
      name: `${feed} is deleted, also when its trigger is gone`,
      needs,
      given: [trigger, tell(feed, 'CREATE', DEFAULTS[feed]), DELETE(TRIGGER)],
      when: tell(feed, 'DELETE'),
      answer: SUCCESS,
    },
    refused(`${feed} of another event is refused`, tell(feed, 'EXPLODE'), 'unsupported lifecycleEvent'),
    refused(
      `${feed} without a trigger is refused`,
      tell(feed, 'CREATE', { ...DEFAULTS[feed], triggerName: '' }),
      'no trigger name parameter was provided',
    ),
    refused(
      `${feed} of a trigger that is not there is refused`,
      tell(feed, 'CREATE', DEFAULTS[feed]),
      'Trigger authentication request failed.',
      [],
    ),
    refused(
      `${feed} with a key that is none is refused`,
      tell(feed, 'CREATE', { ...DEFAULTS[feed], authKey: 'a:b' }),
      'Trigger authentication request failed.',
    ),
  ]),
  ...refusals.map(([feed, how, parameters, text]) =>
    refused(`${feed} ${how} is refused`, tell(feed, 'CREATE', parameters), text),
  ),
]
