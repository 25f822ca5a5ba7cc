import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call } from './harness/api.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

const SYSTEM = '/api/v1/namespaces/whisk.system'
let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** A system package as somebody else might publish it. */
function installPackage(): void {
  const home = folder.join('node_modules', 'weather')
  mkdirSync(home, { recursive: true })
  const exports = { './adapter': './adapter.js' }
  writeFileSync(`${home}/package.json`, JSON.stringify({ name: 'weather', type: 'module', exports }))
  writeFileSync(
    `${home}/adapter.js`,
    `export default { provides: { 'systemPackages.weather': {
       options: { safeParse: (options) => ({ success: true, data: options }) },
       create: ({ sky }) => ({ name: 'weather', core: '^0.1.0', build: () => ({
         name: 'weather', actions: [{ name: 'forecast', run: () => ({ sky }) }],
       }) }),
     } } }`,
  )
}

async function names(server: SpawnedServer): Promise<string[]> {
  const { json } = await call(server, 'GET', `${SYSTEM}/packages`)
  return (json as unknown as { name: string }[]).map(({ name }) => name).sort()
}

describe('the system packages of a server', () => {
  it('are alarms and the catalog unless something else is said', async () => {
    const server = await SpawnedServer.start(folder)
    expect(await names(server)).toEqual(['alarms', 'combinators', 'samples', 'utils'])
    const { json } = await call(server, 'POST', `${SYSTEM}/actions/utils/hosturl?blocking=true&result=true`, {
      body: { path: 'a' },
    })
    expect(json).toEqual({ url: `${server.url}/api/v1/namespaces/guest/actions/a` })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('are those that the configuration leaves and adds, each with its options', async () => {
    installPackage()
    const systemPackages = {
      samples: false,
      combinators: false,
      alarms: { options: { limitCronFields: true } },
      weather: { adapter: 'weather', options: { sky: 'blue' } },
    }
    const server = await SpawnedServer.start(folder, { config: { systemPackages } })
    expect(await names(server)).toEqual(['alarms', 'utils', 'weather'])
    const path = `${SYSTEM}/actions/weather/forecast?blocking=true&result=true`
    expect((await call(server, 'POST', path, { body: {} })).json).toEqual({ sky: 'blue' })
    await call(server, 'PUT', 'triggers/t', { body: {} })
    const alarm = await call(server, 'POST', `${SYSTEM}/actions/alarms/alarm?blocking=true&result=true`, {
      body: { lifecycleEvent: 'CREATE', triggerName: '/_/t', cron: '*/5 * * * * *' },
    })
    expect(alarm.json).toMatchObject({ error: { error: expect.stringContaining('limited to 5 fields') } })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it.each([
    [{ alarm: false }, 'systemPackages.alarm: the platform has alarms, utils, samples, combinators'],
    [{ alarms: { options: { spreadMs: -1 } } }, 'systemPackages.alarms: spreadMs: '],
    [{ alarms: true }, 'systemPackages.alarms: '],
    [{ utils: { options: { loud: true } } }, 'systemPackages.utils: '],
    [{ mine: { adapter: '@stemcell/catalog' } }, 'the package does not provide systemPackages.mine'],
  ])('are refused before anything starts when they are %j', async (systemPackages, message) => {
    const server = new SpawnedServer(folder, { config: { systemPackages } })
    expect(await server.exited).toMatchObject({ code: 1 })
    expect(server.stderr).toContain(message)
  })
})
