import type { JsonObject, JsonValue } from '@stemcell/core'
import { afterEach, describe, expect, it } from 'vitest'
import { AlarmsRig } from './alarms-rig.ts'

const EXEC = { kind: 'nodejs:default', code: 'function main() { return {} }' }
const READ = '/api/v1/namespaces/whisk.system/actions/alarms/alarm?blocking=true&result=true'

describe('actions with a cron annotation', () => {
  let rig: AlarmsRig
  afterEach(() => rig.close())

  async function put(name: string, annotations: JsonObject): Promise<void> {
    const list = Object.entries(annotations).map(([key, value]) => ({ key, value }))
    const { status } = (await rig.answer('PUT', `actions/${name}?overwrite=true`, { exec: EXEC, annotations: list }))!
    expect(status).toBe(200)
  }

  async function runs(name: string): Promise<string[]> {
    const records = (await rig.request('GET', `activations?name=${name}&limit=200`)) as JsonObject[]
    return records.map(({ start }) => new Date(start as number).toISOString().slice(11, 19)).sort()
  }

  const schedule = (actionName: string): Promise<JsonValue | undefined> =>
    rig.request('POST', READ, { lifecycleEvent: 'READ', actionName })

  it('are invoked at the times of the pattern, in packages and as sequences too', async () => {
    rig = await AlarmsRig.start()
    await rig.request('PUT', 'packages/pkg', {})
    await put('every', { cron: '*/2 * * * *' })
    await put('pkg/other', { cron: '*/5 * * * *' })
    await rig.request('PUT', 'actions/both', {
      exec: { kind: 'sequence', components: ['/guest/tick', '/guest/tick'] },
      annotations: [{ key: 'cron', value: '*/3 * * * *' }],
    })
    await rig.pass(6 * 60_000, 10_000)
    expect(await runs('every')).toEqual(['12:02:00', '12:04:00', '12:06:00'])
    expect(await runs('pkg/other')).toEqual(['12:05:00'])
    expect(await runs('both')).toEqual(['12:03:00', '12:06:00'])
  })

  it('are invoked in their time zone', async () => {
    rig = await AlarmsRig.start()
    await put('berlin', { cron: '1 13 * * *', timezone: 'Europe/Berlin' })
    await put('new-york', { cron: '2 7 * * *', timezone: 'America/New_York' })
    await rig.pass(5 * 60_000, 10_000)
    expect([await runs('berlin'), await runs('new-york')]).toEqual([['12:01:00'], ['12:02:00']])
  })

  it('are invoked no more once the annotation, the action, or autoexec is gone', async () => {
    rig = await AlarmsRig.start()
    for (const name of ['a', 'b', 'c', 'd']) await put(name, { cron: '* * * * *' })
    await rig.pass(60_000, 10_000)
    await rig.request('DELETE', 'actions/a')
    await rig.request('PUT', 'actions/b?overwrite=true', { delAnnotations: ['cron'] })
    await put('c', { cron: '* * * * *', autoexec: false })
    await put('d', { cron: '*/2 * * * *' })
    await rig.pass(4 * 60_000, 10_000)
    for (const name of ['a', 'b', 'c']) expect(await runs(name), name).toEqual(['12:01:00'])
    expect(await runs('d')).toEqual(['12:01:00', '12:02:00', '12:04:00'])
    await put('c', { cron: '* * * * *', autoexec: true })
    await rig.pass(60_000, 10_000)
    expect(await runs('c')).toEqual(['12:01:00', '12:06:00'])
  })

  it('go on after a restart, and when their code is changed', async () => {
    rig = await AlarmsRig.start()
    await put('a', { cron: '* * * * *' })
    await rig.pass(90_000, 10_000)
    await rig.close()
    await rig.open()
    await rig.request('PUT', 'actions/a?overwrite=true', { exec: { ...EXEC, code: 'const main = () => ({})' } })
    await rig.pass(60_000, 10_000)
    expect(await runs('a')).toEqual(['12:01:00', '12:02:00'])
  })

  it('are invoked as the owner of their namespace, whose key may have changed', async () => {
    rig = await AlarmsRig.start()
    await put('a', { cron: '* * * * *' })
    await rig.rotateKey()
    await rig.pass(60_000, 10_000)
    expect(await runs('a')).toEqual(['12:01:00'])
  })

  it('say how their schedule is, and why it is none', async () => {
    rig = await AlarmsRig.start()
    await put('good', { cron: '0 0 1 1 *', timezone: 'Europe/Berlin' })
    expect(await schedule('good')).toMatchObject({
      config: { name: 'good', cron: '0 0 1 1 *', timezone: 'Europe/Berlin' },
      status: { active: true },
    })
    await put('bad', { cron: 'whenever' })
    expect(await schedule('/_/bad')).toMatchObject({
      status: { active: false, reason: { kind: 'AUTO', message: "cron pattern 'whenever' is not valid" } },
    })
    await put('none', { cron: false })
    expect(await schedule('none')).toMatchObject({ error: { statusCode: 404 } })
  })

  it('lose their schedule when they are found to be gone', async () => {
    rig = await AlarmsRig.start()
    await put('a', { cron: '* * * * *' })
    // Behind the back of the platform.
    const { revision } = (await rig.entityStore.get('guest/a'))!
    await rig.entityStore.delete('guest/a', revision)
    await rig.pass(10 * 60_000, 60_000)
    expect(await schedule('a')).toMatchObject({ error: { statusCode: 404 } })
  })
})
