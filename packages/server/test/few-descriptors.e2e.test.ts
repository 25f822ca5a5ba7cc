import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** Opens so many connections, each with the beginning of a request, and keeps them. */
async function crowd(server: SpawnedServer, size: number): Promise<Socket[]> {
  const { hostname, port } = new URL(server.url)
  const sockets = Array.from({ length: size }, () => connect(Number(port), hostname))
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('error', () => undefined)
      await Promise.race([once(socket, 'connect'), once(socket, 'close')])
      if (socket.writable) socket.write('GET /ping HTTP/1.1\r\n')
    }),
  )
  return sockets
}

/** Of open files, from now on; the hard limit stays. */
function setLimit(server: SpawnedServer, files: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(server.pid), `--nofile=${files}:`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

const SLOW = 'const main = ({ ms = 1 }) => new Promise((r) => setTimeout(() => r({ slept: ms }), ms))'

it.each([200, 400, 1024])(
  'with a limit of %i open files the server refuses connections, goes on with what runs, and recovers',
  async (limit) => {
    const server = await SpawnedServer.start(folder, {
      shell: `ulimit -n ${limit}; exec "$@"`,
      // More containers than the descriptors of the smallest limit would be enough for.
      config: { invoker: { userMemoryMb: 4096 } },
    })
    expect(server.stdout).toContain(`"connections":${limit / 2},"openFiles":${limit}`)
    await putAction(server, 'slow', SLOW)
    const running = invokeOnce(server, 'slow', { ms: 3_000 })
    await eventually(
      'it to run',
      async () => (await call(server, 'GET', '/activation/count', { auth: null })).text === '1',
    )
    const sockets = await crowd(server, limit * 2)
    await eventually('the surplus to be refused', () => sockets.some((socket) => socket.destroyed))
    const { status, record } = await running
    expect([status, record.response.result]).toEqual([200, { slept: 3_000 }])
    for (const socket of sockets) socket.destroy()
    await eventually('the server to answer again', async () =>
      call(server, 'GET', '/ping', { auth: null }).then(
        (answer) => answer.status === 200,
        () => false,
      ),
    )
    expect((await invokeOnce(server, 'slow')).record.response.result).toEqual({ slept: 1 })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  },
)

it('the server outlives descriptors that run out altogether, for minutes of looks and many attempts to start', async ({
  skip,
}) => {
  skip(spawnSync('prlimit', ['--version']).status !== 0, 'there is no prlimit to take descriptors away with')
  const server = await SpawnedServer.start(folder, { config: { invoker: { userMemoryMb: 8192 } } })
  await putAction(server, 'slow', SLOW)
  expect((await invokeOnce(server, 'slow')).record.response.result).toEqual({ slept: 1 })
  // What is open now stays open; nothing can be opened any more: no file to look at, no pipe, no connection.
  setLimit(server, 4)
  const attempts = Array.from({ length: 40 }, () =>
    call(server, 'POST', 'actions/slow?blocking=true', { body: { ms: 500 }, signal: AbortSignal.timeout(3_000) }).then(
      ({ status }) => status,
      () => 0,
    ),
  )
  await Promise.all(attempts)
  setLimit(server, 4096)
  await eventually('the server to work again', async () =>
    call(server, 'POST', 'actions/slow?blocking=true', { body: { ms: 1 }, signal: AbortSignal.timeout(3_000) }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const { text } = await call(server, 'GET', '/metrics', { auth: null })
  expect(/^stemcell_uncaught_errors_total (\d+)$/m.exec(text)?.[1]).toBe('0')
  expect(await server.stop()).toEqual({ code: 0, signal: null })
})
