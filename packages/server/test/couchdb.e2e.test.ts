import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

const EXAMPLE = new URL('../../../examples/config/couchdb.json', import.meta.url)

describeWith('couchdb', 'the server with examples/config/couchdb.json', (url) => {
  const prefix = `t${randomBytes(8).toString('hex')}`
  const databases = { entities: `${prefix}_e`, subjects: `${prefix}_s`, activations: `${prefix}_a` }
  let folder: TestFolder

  beforeEach(() => {
    folder = new TestFolder()
  })

  afterEach(async () => {
    const { origin, username, password } = new URL(url)
    const account = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64')
    for (const name of Object.values(databases)) {
      await fetch(`${origin}/${name}`, { method: 'DELETE', headers: { authorization: `Basic ${account}` } })
    }
    await folder.remove()
  })

  it('finds CouchDB through COUCHDB_URL and keeps everything there', async () => {
    const example = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as { stores: { options: object } }
    const config = { ...example, stores: { ...example.stores, options: { ...example.stores.options, databases } } }
    const env = { COUCHDB_URL: url }
    const first = await SpawnedServer.start(folder, { config, env })
    await putAction(first, 'hello', 'const main = () => ({ hello: 1 })')
    const { record } = await invokeOnce(first, 'hello')
    expect(await first.stop()).toEqual({ code: 0, signal: null })

    const second = await SpawnedServer.start(folder, { config, env })
    expect((await invokeOnce(second, 'hello')).record.response.result).toEqual({ hello: 1 })
    expect((await call(second, 'GET', `activations/${record.activationId}`)).status).toBe(200)
    expect(await second.stop()).toEqual({ code: 0, signal: null })
    expect(second.output).not.toContain(new URL(url).password + '@')
  })

  it('is told what to do when there is no COUCHDB_URL', async () => {
    const config = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as object
    const server = new SpawnedServer(folder, { config })
    expect((await server.exited).code).toBe(1)
    expect(server.stderr).toContain('COUCHDB_URL')
  })
})
