import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, putAction } from '../../server/test/harness/api.ts'
import { SpawnedServer, TestFolder } from '../../server/test/harness/spawned-server.ts'

describe('a server whose configuration has logs in files', () => {
  let folder: TestFolder
  let server: SpawnedServer

  beforeEach(async () => {
    folder = new TestFolder()
    const options = { dir: folder.join('logs'), inRecords: false }
    const config = { port: 0, gateway: false, console: false, logStore: { adapter: '@stemcell/spi-files', options } }
    server = await SpawnedServer.start(folder, { config })
  })

  afterEach(async () => {
    await server?.stop()
    await folder.remove()
  })

  it('answers requests for logs from the files, not from the records', async () => {
    await putAction(server, 'talks', 'function main() { console.log("hello"); console.error("é"); return {} }')
    const { json } = await call(server, 'POST', 'actions/talks?blocking=true', { body: {} })
    const { activationId } = json as unknown as { activationId: string }
    // The logs of a result that is told early are on their way.
    await expect
      .poll(async () => (await call(server, 'GET', `activations/${activationId}/logs`)).json, { timeout: 20_000 })
      .toEqual({ logs: [expect.stringMatching(/^\S{20,30} +stdout: hello$/), expect.stringMatching(/ stderr: é$/)] })
    const record = await call(server, 'GET', `activations/${activationId}`)
    expect(record.json).toMatchObject({ activationId, logs: [] })
    const [file] = readdirSync(folder.join('logs')).filter((name) => name.endsWith('.log'))
    expect(readFileSync(folder.join('logs', file!), 'utf8')).toContain(`"action":"guest/talks"`)
  })
})
