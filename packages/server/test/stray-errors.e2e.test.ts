import { afterEach, beforeEach, expect, it } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
afterEach(() => folder.remove())

it('what nothing catches is logged and counted, and neither ends the server nor what runs on it', async () => {
  const stray = `process.on('SIGUSR2', () => {
    setImmediate(() => { throw Object.assign(new Error('stray error'), { code: 'EIO' }) })
    void Promise.reject(new Error('stray rejection'))
  })`
  const env = { NODE_OPTIONS: `--import=${folder.write('stray.mjs', stray)}` }
  const server = await SpawnedServer.start(folder, { env })
  await putAction(server, 'slow', 'const main = ({ ms }) => new Promise((r) => setTimeout(() => r({ slept: ms }), ms))')
  const running = invokeOnce(server, 'slow', { ms: 1_000 })
  await eventually(
    'it to run',
    async () => (await call(server, 'GET', '/activation/count', { auth: null })).text === '1',
  )
  server.child.kill('SIGUSR2')
  expect((await running).record.response.result).toEqual({ slept: 1_000 })
  await eventually('both in the log', () =>
    ['stray error', 'stray rejection'].every((text) => server.stdout.includes(text)),
  )
  const { text } = await call(server, 'GET', '/metrics', { auth: null })
  expect(/^stemcell_uncaught_errors_total (\d+)$/m.exec(text)?.[1]).toBe('2')
  expect(await server.stop()).toEqual({ code: 0, signal: null })
})
