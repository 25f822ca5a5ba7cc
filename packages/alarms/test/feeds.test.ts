import { afterEach, describe, expect, it } from 'vitest'
import { AlarmsRig, NOON } from './alarms-rig.ts'

describe('the feeds of alarms', () => {
  let rig: AlarmsRig
  afterEach(() => rig.close())

  it('fire a cron pattern with its payload, each occurrence once, and say which one it was', async () => {
    rig = await AlarmsRig.start()
    expect(await rig.create('alarm', 't', { cron: '*/5 * * * *', trigger_payload: '{"a":1}' })).toEqual({
      status: 'success',
    })
    await rig.pass(16 * 60_000, 15_000)
    const fired = await rig.fired('t')
    expect(fired.map(({ occurrence }) => occurrence)).toEqual([
      '2023-11-26T12:05:00.000Z',
      '2023-11-26T12:10:00.000Z',
      '2023-11-26T12:15:00.000Z',
    ])
    expect(fired[0]).toMatchObject({ payload: { a: 1 }, lateMs: 0 })
  })

  it('keep the numbers of a payload as they were written, and take numbers in any form', async () => {
    rig = await AlarmsRig.start()
    await rig.trigger('t')
    const order = '"lifecycleEvent":"CREATE","triggerName":"/_/t"'
    const result = await rig.text(
      'POST',
      '/api/v1/namespaces/whisk.system/actions/alarms/interval?blocking=true&result=true',
      `{${order},"minutes":2.0,"trigger_payload":"{\\"n\\":12345678901234567890,\\"m\\":1.0}"}`,
    )
    expect(result).toBe('{"status":"success"}')
    await rig.pass(60_000, 10_000)
    const [fired] = await rig.fired('t')
    const record = await rig.text('GET', `/api/v1/namespaces/_/activations/${fired!.activationId}/result`)
    expect(record).toContain('"result":{"n":12345678901234567890,"m":1.0}')
  })

  it('fire an interval from its start date on', async () => {
    rig = await AlarmsRig.start()
    await rig.create('interval', 't', { minutes: 2, trigger_payload: 'text' })
    await rig.pass(5 * 60_000, 10_000)
    const fired = await rig.fired('t')
    expect(fired.map(({ occurrence }) => occurrence)).toEqual([
      '2023-11-26T12:00:30.000Z',
      '2023-11-26T12:02:30.000Z',
      '2023-11-26T12:04:30.000Z',
    ])
    expect(fired[0]!.payload).toEqual({ payload: 'text' })
  })

  it.each([
    ['false', 200, 200],
    ['true', 404, 200],
    ['rules', 404, 404],
  ])('fire once, and then with deleteAfterFire %s leave what is to stay', async (deleteAfterFire, trigger, rule) => {
    rig = await AlarmsRig.start()
    await rig.create('once', 't', { date: NOON + 60_000, deleteAfterFire })
    await rig.pass(3 * 60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(1)
    expect((await rig.guest.request('GET', 'triggers/t')).status).toBe(trigger)
    expect((await rig.guest.request('GET', 'rules/t-rule')).status).toBe(rule)
    if (deleteAfterFire !== 'false') return
    expect(await rig.feed('once', 'READ', 't')).toMatchObject({
      status: { active: false, reason: { kind: 'AUTO', message: 'Automatically disabled after firing once' } },
    })
  })

  it('show how a schedule was made and how it is, in the words it was made with', async () => {
    rig = await AlarmsRig.start()
    const dates = { startDate: '2023-11-26T13:00:00Z', stopDate: NOON + 86_400_000 }
    await rig.create('alarm', 't', {
      cron: '0 9 8 * *',
      timezone: 'Europe/Berlin',
      ...dates,
      stopDate: NOON + 40 * 86_400_000,
    })
    expect(await rig.feed('alarm', 'READ', 't')).toEqual({
      config: {
        name: 't',
        namespace: 'guest',
        payload: {},
        cron: '0 9 8 * *',
        timezone: 'Europe/Berlin',
        startDate: '2023-11-26T13:00:00Z',
        stopDate: NOON + 40 * 86_400_000,
      },
      status: { active: true, dateChanged: NOON, dateChangedISO: '2023-11-26T12:00:00Z' },
    })
  })

  it('take up an update at once, and end what they are told to end', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '0 0 1 1 *' })
    expect(await rig.feed('alarm', 'UPDATE', 't', { cron: '* * * * *' })).toEqual({ status: 'success' })
    await rig.pass(2 * 60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(2)
    expect(await rig.feed('alarm', 'PAUSE', 't')).toEqual({ status: 'success' })
    await rig.pass(3 * 60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(2)
    await rig.feed('alarm', 'UNPAUSE', 't')
    await rig.pass(60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(3)
    expect(await rig.feed('alarm', 'DELETE', 't')).toEqual({ status: 'success' })
    await rig.pass(3 * 60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(3)
    expect(await rig.feed('alarm', 'READ', 't')).toMatchObject({
      error: { error: 'could not find trigger /guest/t in the database' },
    })
  })

  it('end after as many fires as were asked for', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *', maxTriggers: 2 })
    await rig.pass(5 * 60_000, 10_000)
    expect(await rig.fired('t')).toHaveLength(2)
    expect(await rig.feed('alarm', 'READ', 't')).toMatchObject({
      status: { active: false, reason: { message: 'Automatically disabled after reaching max triggers' } },
    })
  })

  it.each([
    ['alarm', {}, 'alarms trigger feed is missing the cron parameter'],
    ['alarm', { cron: '***' }, "cron pattern '***' is not valid"],
    ['alarm', { cron: 1_700_000_000_000 }, "cron pattern '1700000000000' is not valid"],
    ['alarm', { cron: '0 0 31 2 *' }, "cron pattern '0 0 31 2 *' is not valid"],
    ['alarm', { cron: '* * * * * * *' }, "cron pattern '* * * * * * *' is not valid"],
    ['alarm', { cron: '@daily' }, "cron pattern '@daily' is not valid"],
    ['alarm', { cron: '* * * * *', timezone: 'Nowhere/X' }, 'Invalid timezone.'],
    ['alarm', { cron: '* * * * *', startDate: NOON - 1 }, `startDate parameter '${NOON - 1}' must be in the future`],
    ['alarm', { cron: '* * * * *', startDate: 'soon' }, "startDate parameter 'soon' is not a valid Date"],
    [
      'alarm',
      { cron: '* * * * *', startDate: NOON + 30_000, stopDate: NOON + 30_000 },
      `stopDate parameter '${NOON + 30_000}' must be greater than the startDate parameter '${NOON + 30_000}'`,
    ],
    [
      'alarm',
      { cron: '0 0 1 1 *', stopDate: NOON + 60_000 },
      'the first scheduled trigger fire is not until after the stop date',
    ],
    [
      'alarm',
      { cron: '* * * * *', maxTriggers: 3, stopDate: NOON + 60_000 },
      'maxTriggers is not allowed when the stopDate parameter is specified',
    ],
    ['once', {}, 'alarms once trigger feed is missing the date parameter'],
    ['once', { date: 'tomorrow' }, "date parameter 'tomorrow' is not a valid Date"],
    ['once', { date: NOON - 5_000 }, `date parameter '${NOON - 5_000}' must be in the future`],
    [
      'once',
      { date: NOON + 60_000, deleteAfterFire: 'maybe' },
      'deleteAfterFire parameter must be one of [false, true, rules].',
    ],
    ['interval', {}, 'interval trigger feed is missing the minutes parameter'],
    ['interval', { minutes: 'five' }, 'the minutes parameter must be an integer'],
    ['interval', { minutes: 1.5 }, 'the minutes parameter must be an integer'],
    ['interval', { minutes: -1 }, 'the minutes parameter must be an integer greater than zero'],
    [
      'interval',
      { minutes: 1, maxTriggers: 3, stopDate: NOON + 120_000 },
      'maxTriggers is not supported for the interval trigger feed',
    ],
  ])('refuse %s with %j', async (feed, parameters, text) => {
    rig = await AlarmsRig.start()
    expect(await rig.create(feed, 't', parameters)).toMatchObject({ error: { error: text } })
  })

  it('refuse what is no event, names no trigger, or has a key that may not read it', async () => {
    rig = await AlarmsRig.start()
    expect(await rig.feed('alarm', 'EXPLODE', 't')).toMatchObject({ error: { error: 'unsupported lifecycleEvent' } })
    expect(await rig.feed('alarm', 'READ', '', {})).toMatchObject({
      error: { error: 'no trigger name parameter was provided' },
    })
    expect(await rig.feed('alarm', 'CREATE', 'absent', { cron: '* * * * *' })).toMatchObject({
      error: { error: 'Trigger authentication request failed.', statusCode: 404 },
    })
    await rig.trigger('t')
    const authKey = `${'1'.repeat(36)}:${'k'.repeat(64)}`
    expect(await rig.feed('alarm', 'CREATE', 't', { cron: '* * * * *', authKey })).toMatchObject({
      error: { error: 'Trigger authentication request failed.', statusCode: 401 },
    })
    await rig.create('once', 'o', { date: NOON + 60_000 })
    expect(await rig.feed('once', 'UPDATE', 'o', { stopDate: NOON + 90_000 })).toMatchObject({
      error: { error: 'no updatable parameters were specified' },
    })
  })

  it('refuse seconds where the operator does not want them', async () => {
    rig = await AlarmsRig.start({ limitCronFields: true })
    expect(await rig.create('alarm', 't', { cron: '*/10 * * * * *' })).toMatchObject({
      error: { error: 'cron pattern is limited to 5 fields with 1 minute as the finest granularity' },
    })
  })
})
