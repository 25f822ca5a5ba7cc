import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { FaultProxy } from '../../spi-couchdb/test/fault-proxy.ts'
import { TestServer } from '../../spi-couchdb/test/test-server.ts'
import { call, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { SpawnedServer, TestFolder, type SpawnOptions } from './harness/spawned-server.ts'

const MINUTE_MS = 60_000

interface Answered {
  readonly status: number
  readonly activationId: string
}

describeWith('couchdb', 'a server whose CouchDB goes away', (address) => {
  const couch = new TestServer(address)
  let folder: TestFolder
  let proxy: FaultProxy
  let server: SpawnedServer | undefined
  let databases: ReturnType<TestServer['databases']>

  beforeEach(async () => {
    folder = new TestFolder()
    proxy = await FaultProxy.start(address)
    databases = couch.databases()
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    await proxy.down()
    await couch.drop()
    await folder.remove()
  })

  function options(more: object = {}): SpawnOptions {
    const stores = { adapter: '@stemcell/spi-couchdb', options: { url: proxy.url, databases, retries: 0, ...more } }
    return { config: { stores } }
  }

  function spilled(): string[] {
    return readdirSync(join(folder.path, 'data', 'spill', 'standalone')).filter((name) => name.startsWith('records-'))
  }

  async function invoke(running: SpawnedServer, query: string): Promise<Answered> {
    const { status, json } = await call(running, 'POST', `actions/hello${query}`, { body: {} })
    const { activationId } = json
    return { status, activationId: typeof activationId === 'string' ? activationId : '' }
  }

  async function status(running: SpawnedServer, { activationId }: Answered): Promise<number> {
    return (await call(running, 'GET', `activations/${activationId}`)).status
  }

  it(
    'and that is killed has every record when both are back, also without a word about it in its configuration',
    async () => {
      server = await SpawnedServer.start(folder, options())
      await putAction(server, 'hello', "const main = () => { console.log('a line'); return { hello: 1 } }")
      const before = await invoke(server, '?blocking=true')
      await proxy.down()
      const during = await Promise.all(Array.from({ length: 20 }, () => invoke(server!, '?blocking=true')))
      expect(during.map((answer) => answer.status)).toEqual(during.map(() => 200))
      during.push(await invoke(server, ''))
      expect(during.at(-1)?.status).toBe(202)
      expect(await status(server, during[0]!)).toBe(200)
      const spill = join(server.data, 'spill', 'standalone')
      expect(spilled().map((name) => statSync(join(spill, name)).mode & 0o777)).toEqual([0o600])
      for (const dir of [server.data, join(server.data, 'spill'), spill]) {
        expect(statSync(dir).mode & 0o777, dir).toBe(0o700)
      }
      await server.stop('SIGKILL')

      await proxy.up()
      server = await SpawnedServer.start(folder, options())
      for (const answer of [before, ...during]) expect(await status(server, answer)).toBe(200)
      await eventually('the records to be stored', () => spilled().length === 0)
      const { json } = await call(server, 'GET', 'activations?limit=200')
      const ids = (json as unknown as Answered[]).map(({ activationId }) => activationId)
      const counts = [before, ...during].map(({ activationId }) => ids.filter((id) => id === activationId).length)
      expect(counts).toEqual(counts.map(() => 1))
      expect(await server.stop()).toEqual({ code: 0, signal: null })
    },
    2 * MINUTE_MS,
  )

  it('does not share the folder of its records with another one', async () => {
    server = await SpawnedServer.start(folder, options())
    const second = new SpawnedServer(folder, options())
    expect((await second.exited).code).toBe(1)
    expect(second.stderr).toMatch(new RegExp(`in use by process ${server.pid}\\b`))
    expect((await call(server, 'GET', 'actions')).status).toBe(200)
  })

  it('and that is told to leave no records there tells nobody of an activation until it is back', async () => {
    server = await SpawnedServer.start(folder, options({ spill: false }))
    await putAction(server, 'hello', 'const main = () => ({ hello: 1 })')
    await invoke(server, '?blocking=true')
    await proxy.down()
    let isTold = false
    const answer = invoke(server, '?blocking=true').finally(() => (isTold = true))
    await eventually('the record to be tried again', () => server!.output.includes('record not stored'))
    expect(isTold).toBe(false)
    await proxy.up()
    expect(await status(server, await answer)).toBe(200)
  })
})
