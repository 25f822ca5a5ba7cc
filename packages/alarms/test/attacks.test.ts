import { JsonNumber, PlatformError, SeededRandom, type FiringOutcome, type JsonObject } from '@stemcell/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AlarmsRig } from './alarms-rig.ts'
import { Lone, START } from './lone.ts'

const MINUTE = 60_000
const SCHEDULES = 'whisk.system/alarmSchedules/'

const at = (ms: number): string => new Date(START + ms).toISOString().slice(0, 19)

describe('schedules under attack', () => {
  let lone: Lone
  afterEach(() => lone.pkg.close!())

  it('fire each once when a thousand are due in one second, so many at a time', async () => {
    lone = await new Lone({ spreadMs: 0, parallelFires: 8 }).open()
    const names = Array.from({ length: 1_000 }, (_, index) => `t${index}`)
    for (const name of names) await lone.feed('alarm', 'CREATE', name, { cron: '0 * * * *', strict: true })
    await lone.clock.advance(60 * MINUTE)
    await vi.waitFor(() => expect(lone.fired.size).toBe(1_000))
    expect(new Set([...lone.fired.values()].map((fired) => fired.join()))).toEqual(new Set([at(60 * MINUTE)]))
    expect(lone.most).toBe(8)
  })

  it('fire each occurrence once on a store that calls every third write a conflict', async () => {
    lone = await new Lone().open()
    const random = new SeededRandom(5)
    await lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *', missed: 'all' })
    const put = lone.entityStore.put.bind(lone.entityStore)
    vi.spyOn(lone.entityStore, 'put').mockImplementation((id, document, options) =>
      random.below(3) === 0
        ? Promise.reject(new PlatformError('ERR_CONFLICT', 'somebody was faster'))
        : put(id, document, options),
    )
    await lone.pass(20 * MINUTE, 10_000)
    expect(lone.fired.get('t')).toEqual(Array.from({ length: 20 }, (_, index) => at((index + 1) * MINUTE)))
  })

  it('go on by what they are told while they are being fired', async () => {
    lone = await new Lone().open()
    await lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *' })
    let answer: (outcome: FiringOutcome) => void = () => undefined
    lone.respond = () => new Promise((resolve) => (answer = resolve))
    await lone.pass(MINUTE)
    expect(lone.going).toBe(1)
    await lone.feed('alarm', 'UPDATE', 't', { cron: '*/5 * * * *', trigger_payload: { new: true } })
    lone.respond = () => ({ status: 202 })
    answer({ status: 202 })
    await lone.pass(10 * MINUTE, 10_000)
    expect(lone.fired.get('t')).toEqual([1, 5, 10].map((minutes) => at(minutes * MINUTE)))
    expect(await lone.feed('alarm', 'READ', 't')).toMatchObject({ config: { payload: { new: true } } })
  })

  it('are deleted while they are being fired, and stay so', async () => {
    lone = await new Lone().open()
    await lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *' })
    let answer: (outcome: FiringOutcome) => void = () => undefined
    lone.respond = () => new Promise((resolve) => (answer = resolve))
    await lone.pass(MINUTE)
    await lone.feed('alarm', 'DELETE', 't')
    answer({ status: 202 })
    await lone.pass(5 * MINUTE, 10_000)
    expect(lone.fired.get('t')).toHaveLength(1)
    await expect(lone.feed('alarm', 'READ', 't')).rejects.toMatchObject({ error: { statusCode: 404 } })
  })

  it('fire by what was written last when they are changed before their start date', async () => {
    lone = await new Lone().open()
    const startDate = START + 10 * MINUTE
    for (const trigger of ['updated', 'deleted', 'again']) {
      await lone.feed('interval', 'CREATE', trigger, { minutes: 1, startDate, trigger_payload: 'old' })
    }
    await lone.feed('interval', 'UPDATE', 'updated', { startDate: START + 12 * MINUTE, minutes: 5 })
    await lone.feed('interval', 'DELETE', 'deleted')
    await lone.feed('interval', 'DELETE', 'again')
    await lone.feed('once', 'CREATE', 'again', { date: START + 11 * MINUTE })
    await lone.pass(20 * MINUTE, 10_000)
    expect(Object.fromEntries(lone.fired)).toEqual({
      updated: [at(12 * MINUTE), at(17 * MINUTE)],
      again: [at(11 * MINUTE)],
    })
  })

  it.each(['true', 'rules'])('that fire once are kept, with deleteAfterFire %s, until they have fired', async (how) => {
    lone = await new Lone().open()
    await lone.feed('once', 'CREATE', 't', { date: START + MINUTE, deleteAfterFire: how })
    lone.respond = () => ({ status: 503 })
    await lone.pass(30 * MINUTE, 1_000)
    expect(lone.requests).toEqual([])
    expect(await lone.feed('once', 'READ', 't')).toMatchObject({ status: { active: true } })
    lone.respond = () => ({ status: 202 })
    await lone.pass(2 * MINUTE, 1_000)
    expect(lone.fired.get('t')).toEqual([at(MINUTE)])
    expect(lone.requests).toContain('DELETE triggers/t')
  })

  it('that fire once go on trying after a restart', async () => {
    lone = await new Lone().open()
    await lone.feed('once', 'CREATE', 't', { date: START + MINUTE })
    lone.respond = () => ({ status: 503 })
    await lone.pass(3 * MINUTE, 1_000)
    await lone.pkg.close!()
    lone.respond = () => ({ status: 202 })
    await lone.pkg.open!()
    await lone.pass(5_000)
    expect(lone.fired.get('t')).toEqual([at(MINUTE)])
    expect(await lone.feed('once', 'READ', 't')).toMatchObject({
      status: { active: false, reason: { message: 'Automatically disabled after firing once' } },
    })
  })

  it('whose payload is too long by now are disabled, and say so', async () => {
    lone = await new Lone().open()
    await lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *' })
    lone.respond = () => ({ status: 413, error: 'Request larger than allowed: 11 > 10 bytes.' })
    await lone.pass(3 * MINUTE, 10_000)
    expect(await lone.feed('alarm', 'READ', 't')).toMatchObject({
      status: {
        active: false,
        reason: {
          kind: 'AUTO',
          statusCode: 413,
          message: 'Trigger automatically disabled: Request larger than allowed: 11 > 10 bytes.',
        },
      },
    })
  })

  it('keep keys out of ids', async () => {
    lone = await new Lone().open()
    await lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *' })
    const ids: string[] = []
    for await (const { id } of lone.entityStore.scan({ prefix: SCHEDULES })) ids.push(id)
    expect(ids).toEqual([`${SCHEDULES}ns/t`])
  })

  it.each<[string, JsonObject, string]>([
    ['names of days and months', { cron: '0 12 * JAN MON-FRI' }, '2024-01-01T12:00:00'],
    ['the last day of a month', { cron: '0 0 L * *' }, '2024-01-31T00:00:00'],
    ['the last Friday of a month', { cron: '0 0 * * 5L' }, '2024-01-26T00:00:00'],
    ['the second Friday of a month', { cron: '0 0 * * FRI#2' }, '2024-01-12T00:00:00'],
    ['the weekday nearest to the 6th, a Saturday', { cron: '0 0 6W * *' }, '2024-01-05T00:00:00'],
    [
      'a start in another time zone',
      { cron: '0 * * * *', startDate: '2024-01-03T01:30:00+03:00' },
      '2024-01-02T23:00:00',
    ],
    ['a huge number of fires', { cron: '0 12 * * *', maxTriggers: 1e15 }, '2024-01-01T12:00:00'],
    ['a number of fires as a text', { cron: '0 12 * * *', maxTriggers: '7' }, '2024-01-01T12:00:00'],
    [
      'a number of fires written at length',
      { cron: '0 12 * * *', maxTriggers: new JsonNumber('7.0') },
      '2024-01-01T12:00:00',
    ],
  ])('understand %s', async (_what, parameters, first) => {
    lone = await new Lone().open()
    expect(await lone.feed('alarm', 'CREATE', 't', parameters)).toEqual({ status: 'success' })
    await lone.pass(32 * 86_400_000, 600_000)
    expect(lone.fired.get('t')![0]).toBe(first)
  })

  it.each<[string, JsonObject]>([
    ['more fires than there are numbers', { maxTriggers: new JsonNumber('1E400') }],
    ['a part of a fire', { maxTriggers: 1.5 }],
    ['fires in a list', { maxTriggers: [] }],
    ['a list of patterns', { cron: ['* * * * *'] }],
    ['two lines', { cron: '* * * * *\n* * * * *' }],
    ['a very long pattern of stars', { cron: '*'.repeat(100_000) }],
    ['a very long list', { cron: `${'1,'.repeat(50_000)}1 * * * *` }],
    ['a day that never comes', { cron: '0 0 30 FEB *' }],
    ['a time zone that is a number', { timezone: 5 }],
    ['a start at no time', { startDate: new JsonNumber('1E400') }],
    ['a start that is an object', { startDate: {} }],
    ["a policy of one's own", { missed: 'some' }],
  ])('refuse %s in words', async (_what, parameters) => {
    lone = await new Lone().open()
    const started = performance.now()
    const outcome = lone.feed('alarm', 'CREATE', 't', { cron: '* * * * *', ...parameters })
    await expect(outcome).rejects.toMatchObject({ error: { statusCode: 400, error: expect.any(String) } })
    // Nobody else waits meanwhile: it is the controller's thread.
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('triggers with odd names', () => {
  let rig: AlarmsRig
  afterEach(() => rig.close())

  it.each(['a b', 'a@b.c-d', 'A'.repeat(256), '_', 'action', 'a.b.'])(
    'have schedules when they can be: %s',
    async (name) => {
      rig = await AlarmsRig.start()
      const path = `triggers/${encodeURIComponent(name)}`
      expect((await rig.answer('PUT', path, {})).status).toBe(200)
      await rig.request('PUT', 'rules/r', { trigger: `/_/${name}`, action: '/_/tick' })
      expect(await rig.feed('alarm', 'CREATE', name, { cron: '* * * * *' })).toEqual({ status: 'success' })
      await rig.pass(61_000, 10_000)
      expect(await rig.fired(encodeURIComponent(name))).toHaveLength(1)
      expect(await rig.feed('alarm', 'DELETE', name)).toEqual({ status: 'success' })
    },
  )

  it.each(['ünïcode', 'a%2Fb', '%', '..', 'a/b', 'action:tick', ' a', '\u0000'])(
    'have none when there can be no such trigger: %j',
    async (name) => {
      rig = await AlarmsRig.start()
      expect(await rig.feed('alarm', 'CREATE', name, { cron: '* * * * *' })).toMatchObject({
        error: { error: expect.any(String), statusCode: expect.any(Number) },
      })
      const ids: string[] = []
      for await (const { id } of rig.entityStore.scan({ prefix: SCHEDULES })) ids.push(id)
      expect(ids).toEqual([])
    },
  )
})
