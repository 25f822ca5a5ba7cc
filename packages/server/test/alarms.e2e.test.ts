import openwhisk from 'openwhisk'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 120_000 })

const ALARMS = '/whisk.system/alarms'
const FEED = '/api/v1/namespaces/whisk.system/actions/alarms/alarm?blocking=true&result=true'
let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** As the client has them; its types know less. */
interface Feeds {
  create(options: object): Promise<unknown>
  get(options: object): Promise<unknown>
  update(options: object): Promise<unknown>
  delete(options: object): Promise<unknown>
}

interface TriggerRecord {
  readonly annotations: readonly { readonly key: string; readonly value: { readonly occurrence: string } }[]
  readonly logs: readonly string[]
}

async function recordsOf(server: SpawnedServer, trigger: string): Promise<TriggerRecord[]> {
  const { json } = await call(server, 'GET', `activations?name=${trigger}&docs=true&limit=200`)
  return json as unknown as TriggerRecord[]
}

describe('schedules of a single server', () => {
  it('fire each occurrence once, through kills with -9 and restarts', async () => {
    const seconds = 20
    const config = {
      limits: { firesPerMinute: 100_000, invocationsPerMinute: 100_000, concurrentInvocations: 1_000 },
    }
    let server = await SpawnedServer.start(folder, { config })
    const runs = folder.join('runs')
    await putAction(
      server,
      'tick',
      `const { appendFileSync } = require('fs')
       function main() { appendFileSync(${JSON.stringify(runs)}, process.env.__OW_ACTIVATION_ID + '\\n'); return {} }`,
    )
    const firstMs = Math.ceil(Date.now() / 1000) * 1000 + 2_000
    const lastMs = firstMs + (seconds - 1) * 1_000
    const triggers = ['t0', 't1', 't2', 't3', 't4', 't5']
    for (const name of triggers) {
      await call(server, 'PUT', `triggers/${name}`, { body: {} })
      await call(server, 'PUT', `rules/r-${name}`, { body: { trigger: `/_/${name}`, action: '/_/tick' } })
      const body = {
        lifecycleEvent: 'CREATE',
        triggerName: name,
        cron: '* * * * * *',
        startDate: firstMs,
        stopDate: lastMs + 500,
        missed: 'all',
      }
      expect((await call(server, 'POST', FEED, { body })).json).toEqual({ status: 'success' })
    }
    for (const killMs of [firstMs + 4_250, firstMs + 9_010, firstMs + 13_600]) {
      await eventually('the moment', () => Date.now() >= killMs, 60_000)
      await server.stop('SIGKILL')
      server = await SpawnedServer.start(folder, { config })
    }
    const found = new Map<string, TriggerRecord[]>()
    await eventually(
      () => `every occurrence: ${[...found].map(([name, records]) => `${name} ${records.length}`).join(', ')}`,
      async () => {
        for (const name of triggers) found.set(name, await recordsOf(server, name))
        return Date.now() > lastMs + 2_000 && [...found.values()].every((records) => records.length >= seconds)
      },
      90_000,
    )
    const expected = Array.from({ length: seconds }, (_, index) => new Date(firstMs + index * 1_000).toISOString())
    for (const [name, records] of found) {
      const fired = records.map(
        ({ annotations }) => annotations.find(({ key }) => key === 'schedule')!.value.occurrence,
      )
      expect(fired.sort(), name).toEqual(expected)
    }
    const started = [...found.values()]
      .flat()
      .map(({ logs }) => (JSON.parse(logs[0]!) as { readonly activationId: string }).activationId)
    // What was running when the server was killed has a record that says that it was interrupted, and is not run again.
    const ran = existsSync(runs) ? readFileSync(runs, 'utf8').trim().split('\n') : []
    expect(new Set(ran).size).toBe(ran.length)
    expect(started.filter((id) => !ran.includes(id)).length).toBeLessThanOrEqual(3 * triggers.length)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('the openwhisk client', () => {
  it('makes, reads, changes, pauses and deletes schedules of every feed', async () => {
    for (const name of ['PROXY', 'HTTP_PROXY', 'HTTPS_PROXY']) {
      delete process.env[name]
      delete process.env[name.toLowerCase()]
    }
    const server = await SpawnedServer.start(folder)
    const ow = openwhisk({ apihost: server.url, api_key: server.key })
    const feeds = ow.feeds as unknown as Feeds
    const kinds = [
      ['alarm', { cron: '0 0 1 1 *', timezone: 'Europe/Berlin' }, { cron: '30 6 * * MON-FRI' }],
      ['interval', { minutes: 5 }, { minutes: 7 }],
      ['once', { date: '2099-01-01T00:00:00Z', deleteAfterFire: 'rules' }, { date: 4_102_444_800_000 }],
    ] as const
    for (const [feed, params, change] of kinds) {
      const trigger = `on ${feed}`
      const feedName = `${ALARMS}/${feed}`
      const invoke = async (lifecycleEvent: string): Promise<unknown> => {
        const order = { lifecycleEvent, triggerName: `/_/${trigger}`, authKey: server.key }
        return ow.actions.invoke({ name: feedName, params: order, blocking: true, result: true })
      }
      await ow.triggers.create({ name: trigger })
      const created = await feeds.create({ feedName, trigger, params })
      expect(created).toMatchObject({ response: { success: true, result: { status: 'success' } } })
      expect(await feeds.get({ feedName, trigger })).toMatchObject({
        response: { result: { config: { name: trigger, namespace: 'guest', ...params }, status: { active: true } } },
      })
      await feeds.update({ feedName, trigger, params: change })
      expect(await invoke('READ')).toMatchObject({ config: change, status: { active: true } })
      expect(await invoke('PAUSE')).toEqual({ status: 'success' })
      expect(await invoke('READ')).toMatchObject({ status: { active: false } })
      expect(await invoke('UNPAUSE')).toEqual({ status: 'success' })
      expect(await invoke('READ')).toMatchObject({ status: { active: true } })
      await feeds.delete({ feedName, trigger })
      await expect(feeds.get({ feedName, trigger })).rejects.toMatchObject({ statusCode: 502 })
      await ow.triggers.delete({ name: trigger })
    }
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})
