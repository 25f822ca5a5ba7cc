import { PlatformError } from '@stemcell/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AlarmsRig, NOON } from './alarms-rig.ts'

const MINUTE = 60_000

describe('occurrences that nobody was there to fire', () => {
  let rig: AlarmsRig
  afterEach(() => rig.close())

  /** Ends the platform, lets time pass, and starts it again on the same stores. */
  async function outage(ms: number): Promise<void> {
    await rig.close()
    await rig.clock.advance(ms)
    await rig.open()
    await rig.idle()
  }

  it.each([
    // The last one, as it is younger than its period.
    [{}, 10.5 * MINUTE, ['12:10']],
    [{ missed: 'last' }, 10.5 * MINUTE, ['12:10']],
    [{ missed: 'skip' }, 10.75 * MINUTE, []],
    [{ missed: 'all' }, 3.5 * MINUTE, ['12:01', '12:02', '12:03']],
  ])('are, with %j after %d ms, those that the policy names', async (policy, ms, expected) => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *', ...policy })
    await outage(ms)
    expect((await rig.fired('t')).map(({ occurrence }) => occurrence.slice(11, 16))).toEqual(expected)
    const minutes = expected.length
    await rig.pass(2 * MINUTE, 10_000)
    expect(await rig.fired('t')).toHaveLength(minutes + 2)
  })

  it('are fired up to a bound, the latest, when all are asked for', async () => {
    rig = await AlarmsRig.start({ spreadMs: 0, maxMissed: 3 })
    await rig.create('alarm', 't', { cron: '* * * * *', missed: 'all' })
    await outage(60 * MINUTE)
    expect((await rig.fired('t')).map(({ occurrence }) => occurrence.slice(11, 16))).toEqual([
      '12:58',
      '12:59',
      '13:00',
    ])
  })

  it('say how late they are', async () => {
    rig = await AlarmsRig.start()
    await rig.create('once', 't', { date: NOON + MINUTE })
    await outage(3_600_000)
    expect(await rig.fired('t')).toMatchObject([{ occurrence: '2023-11-26T12:01:00.000Z', lateMs: 59 * MINUTE }])
  })

  it('count towards maxTriggers over a restart', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *', maxTriggers: 3 })
    await rig.pass(2 * MINUTE, 10_000)
    await outage(30_000)
    await rig.pass(5 * MINUTE, 10_000)
    expect(await rig.fired('t')).toHaveLength(3)
  })

  it('are fired when the store is back', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *' })
    const get = vi.spyOn(rig.entityStore, 'get').mockRejectedValue(new PlatformError('ERR_UNAVAILABLE', 'away'))
    await rig.pass(1.2 * MINUTE, 1_000)
    get.mockRestore()
    expect(await rig.fired('t')).toEqual([])
    await rig.pass(5_000, 1_000)
    expect(await rig.fired('t')).toMatchObject([{ occurrence: '2023-11-26T12:01:00.000Z' }])
  })

  it('are fired once when the platform died between the firing and its note', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *' })
    // The note that the occurrence is done never arrives.
    const put = rig.entityStore.put.bind(rig.entityStore)
    let claims = 0
    vi.spyOn(rig.entityStore, 'put').mockImplementation((id, document, options) => {
      const isNote = id.includes('alarmSchedules') && ++claims > 1
      return isNote ? Promise.reject(new PlatformError('ERR_CLOSED', 'dead')) : put(id, document, options)
    })
    await rig.pass(MINUTE, 10_000)
    expect(await rig.fired('t')).toHaveLength(1)
    vi.restoreAllMocks()
    await outage(1_000)
    await rig.pass(5_000, 1_000)
    expect(await rig.fired('t')).toHaveLength(1)
  })

  it('do not come twice when the clock is set back, nor in a flood when it leaps', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *' })
    await rig.pass(2 * MINUTE, 10_000)
    let offset = 0
    const now = rig.clock.now.bind(rig.clock)
    vi.spyOn(rig.clock, 'now').mockImplementation(() => now() + offset)
    offset = -90_000
    await rig.pass(MINUTE, 10_000)
    expect(await rig.fired('t')).toHaveLength(2)
    offset = 3_600_000
    await rig.pass(MINUTE, 10_000)
    const occurrences = (await rig.fired('t')).map(({ occurrence }) => occurrence)
    expect(new Set(occurrences).size).toBe(occurrences.length)
    expect(occurrences.length).toBeLessThanOrEqual(5)
    vi.restoreAllMocks()
  })
})

describe('a schedule whose trigger cannot be fired', () => {
  let rig: AlarmsRig
  afterEach(() => rig.close())

  it('is disabled when its trigger was deleted behind its back', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *' })
    await rig.request('DELETE', 'rules/t-rule')
    await rig.request('DELETE', 'triggers/t')
    await rig.pass(MINUTE, 10_000)
    await rig.trigger('t')
    expect(await rig.feed('alarm', 'READ', 't')).toMatchObject({
      status: {
        active: false,
        reason: {
          kind: 'AUTO',
          statusCode: 404,
          message: expect.stringMatching(/^Trigger automatically disabled: /) as unknown,
        },
      },
    })
  })

  it('is disabled when its key was withdrawn', async () => {
    rig = await AlarmsRig.start()
    await rig.create('alarm', 't', { cron: '* * * * *' })
    await rig.platform.subjects.createUser('guest', { revoke: true })
    await rig.pass(2 * MINUTE, 10_000)
    rig.guest = await rig.platform.client('guest')
    expect(await rig.feed('alarm', 'READ', 't')).toMatchObject({
      status: { active: false, reason: { kind: 'AUTO', statusCode: 401 } },
    })
    // An update with a key that is accepted brings it back.
    expect(await rig.feed('alarm', 'UPDATE', 't', { cron: '*/2 * * * *' })).toEqual({ status: 'success' })
    await rig.pass(2 * MINUTE, 10_000)
    expect(await rig.fired('t')).toHaveLength(1)
  })

  it('does not hold up the others', async () => {
    rig = await AlarmsRig.start()
    for (const name of ['a', 'b', 'c']) await rig.create('alarm', name, { cron: '* * * * *' })
    await rig.request('DELETE', 'rules/a-rule')
    await rig.request('DELETE', 'triggers/a')
    await rig.pass(MINUTE, 10_000)
    expect(await rig.fired('b')).toHaveLength(1)
    expect(await rig.fired('c')).toHaveLength(1)
  })
})
