import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { runtimePath } from '../src/index.ts'
import { eventually, send, startRuntime } from './runtime-process.ts'
import { freePort } from '../../../test/free-port.ts'

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('runtimePath names the built program', () => {
  expect(runtimePath).toMatch(/\/dist\/bundle\/main\.cjs$/)
  expect(existsSync(runtimePath)).toBe(true)
})

test('one process serves a unix socket and a TCP port at once', async () => {
  const port = await freePort()
  const runtime = await startRuntime({ args: ['--port', String(port), '--host=127.0.0.1'] })
  await runtime.init('let n = 0; function main() { return { n: ++n } }')
  expect(await runtime.run({})).toMatchObject({ json: { n: 1 } })
  const overTcp = await send({ host: '127.0.0.1', port, path: '/run', method: 'POST' }, { value: {} })
  expect(overTcp).toMatchObject({ json: { n: 2 } })
})

test('the socket may be given by the environment, and is removed at the end', async () => {
  const first = await startRuntime()
  const socket = `${first.folder}/second.sock`
  const child = spawn(process.execPath, [runtimePath], { env: { STEMCELL_SOCKET: socket }, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ask = (): Promise<boolean> =>
    send({ socketPath: socket, path: '/run', method: 'POST' }, {}).then(
      ({ status }) => status === 403,
      () => false,
    )
  await eventually(ask)
  // Whoever shares the folder of a container has another user id.
  expect(statSync(socket).mode & 0o777).toBe(0o777)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([143, null])
  expect(existsSync(socket)).toBe(false)
})

test('no time limit is put on idle connections', async () => {
  const runtime = await startRuntime()
  const answer = await runtime.run({})
  expect(answer.headers['connection']).toBe('keep-alive')
  expect(answer.headers['keep-alive']).toBeUndefined()
})

test.each([
  [['--prot', '1'], `Unknown option '--prot'`],
  [['--port', 'http'], `Option '--port' must be a number`],
  [['--socket'], `Option '--socket' needs a value`],
  [['--lifeline', '-1'], `Option '--lifeline' must be a number`],
])('wrong arguments %j are named and end the program with 2', async (args, text) => {
  const child = spawn(process.execPath, [runtimePath, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  expect(await once(child, 'close')).toEqual([2, null])
  expect(stderr).toContain(text)
})

test('a socket in use is named and ends the program with 1', async () => {
  const runtime = await startRuntime()
  const child = spawn(process.execPath, [runtimePath, '--socket', runtime.socket], { stdio: 'ignore' })
  expect(await once(child, 'close')).toEqual([1, null])
  expect(await runtime.run({})).toMatchObject({ status: 403 })
})

test('closing the lifeline ends the process, also in the middle of a run', async () => {
  const runtime = await startRuntime({ args: ['--lifeline', '0'] })
  await runtime.init('function main() { console.log("in"); return new Promise(() => {}) }')
  const call = runtime.run({}).catch((error: unknown) => error)
  await eventually(() => runtime.stdout().includes('in\n'))
  runtime.child.stdin!.end()
  expect(await runtime.exited()).toBe(0)
  expect(await call).toBeInstanceOf(Error)
})

test('killing the parent outright ends the process on its lifeline', async () => {
  const runtime = await startRuntime()
  const socket = `${runtime.folder}/child.sock`
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('node:child_process')
       const child = spawn(process.execPath, [${JSON.stringify(runtimePath)}, '--socket', ${JSON.stringify(socket)}, '--lifeline', '3'],
         { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
       console.log(child.pid)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  await eventually(() => existsSync(socket))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await eventually(() => !isAlive(pid))
  await eventually(() => !existsSync(socket))
})
