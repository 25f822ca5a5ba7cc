import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { processesOf } from './harness/processes-of.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

const SLOW = 'const main = ({ ms }) => new Promise((r) => setTimeout(() => r({ slept: ms }), ms))'
const ENDED_WELL = { code: 0, signal: null }

const modeOf = (...path: string[]): number => statSync(join(...path)).mode & 0o777

/** Its first thread stands in `open` of a pipe. */
function waitsForWriter(pid: number): boolean {
  return readFileSync(`/proc/${pid}/wchan`, 'latin1').includes('wait_for_partner')
}

/** Resolves when so many activations are in flight. */
async function inFlight(server: SpawnedServer, count: number): Promise<void> {
  await eventually(`${count} activations in flight`, async () => {
    const { text } = await call(server, 'GET', '/activation/count', { auth: null })
    return text === String(count)
  })
}

describe('the first start', () => {
  it('makes a key for its owner only, prints one banner, then log lines', async () => {
    const server = await SpawnedServer.start(folder)
    expect(readFileSync(join(server.data, 'auth.guest'), 'utf8')).toBe(`${server.key}\n`)
    expect(server.key).toMatch(/^[0-9a-f-]{36}:[A-Za-z0-9]{64}$/)
    expect(modeOf(server.data)).toBe(0o700)
    for (const file of ['auth.guest', '.wskprops', 'admin.sock']) expect(modeOf(server.data, file)).toBe(0o600)

    const lines = server.stdout.split('\n').filter((line) => line !== '')
    const firstLog = lines.findIndex((line) => line.startsWith('{'))
    expect(firstLog).toBeGreaterThan(5)
    for (const line of lines.slice(firstLog)) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) })
    expect(lines.slice(0, firstLog).join('\n')).toContain(server.data)

    const shell = lines.find((line) => line.includes('curl'))!
    const pasted = spawnSync('sh', ['-c', `${shell} --silent --show-error --noproxy '*'`], { encoding: 'utf8' })
    expect(pasted).toMatchObject({ stdout: '[]', stderr: '', status: 0 })
    expect(await server.stop()).toEqual(ENDED_WELL)
  })

  it('takes a key that is given, in a file or in the environment, and shows it to nobody', async () => {
    const uuid = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
    // Nobody else on this machine has these.
    const keys = [1, 2].map(() => randomBytes(32).toString('hex')) as [string, string]
    const [first, second] = keys.map((key) => `${uuid}:${key}`) as [string, string]
    const byEnvironment = await SpawnedServer.start(folder, { env: { STEMCELL_AUTH: first } })
    expect((await call(byEnvironment, 'GET', 'actions', { auth: first })).status).toBe(200)
    await putAction(byEnvironment, 'peek', 'const main = () => process.env')
    await invokeOnce(byEnvironment, 'peek')
    // Neither what it starts shows it, nor its own environment, by which it was given.
    expect(processesOf(keys[0])).toEqual([])
    expect(await byEnvironment.stop()).toEqual(ENDED_WELL)
    expect(byEnvironment.output).not.toContain(keys[0])

    const byFile = await SpawnedServer.start(folder, { args: ['--auth-file', folder.write('key', `${second}\n`)] })
    expect(byFile.key).toBe(second)
    expect((await call(byFile, 'GET', 'actions', { auth: second })).status).toBe(200)
    expect((await call(byFile, 'GET', 'actions', { auth: first })).status).toBe(401)
    expect(processesOf(keys[1])).toEqual([])
    expect(await byFile.stop()).toEqual(ENDED_WELL)
  })

  it('shows a first result when asked for a demonstration, and leaves an action of the user alone', async () => {
    const server = await SpawnedServer.start(folder, { args: ['--demo'] })
    await eventually('both results', () => server.stdout.includes('Hello, again!'))
    expect(server.stdout).toMatch(
      /"Hello, stem cell!"}  container: \{"how":"(stemcell|cold)".*\}, .*init [\d.]+ ms, run [\d.]+ ms/,
    )
    expect(server.stdout).toMatch(/"Hello, again!"}  container: \{"how":"hot"\}, .*run [\d.]+ ms/)
    expect((await call(server, 'GET', 'actions/hello')).status).toBe(200)
    expect(await server.stop('SIGINT')).toEqual(ENDED_WELL)
    expect(server.stderr).toBe('')

    const again = await SpawnedServer.start(folder, { args: ['--demo'], data: server.data })
    await eventually('both results', () => again.stdout.includes('Hello, again!'))
    expect(again.stdout).toContain('demo: action hello of before is there')
    await putAction(again, 'hello', SLOW)
    expect(await again.stop()).toEqual(ENDED_WELL)

    const last = await SpawnedServer.start(folder, { args: ['--demo'], data: server.data })
    await eventually('the end', () => last.stdout.includes('action hello of your own; it is left as it is'))
    const kept = await call(last, 'GET', 'actions/hello')
    expect(kept.json).toMatchObject({ version: '0.0.2', exec: { code: SLOW } })
    expect(await last.stop()).toEqual(ENDED_WELL)
  })
})

describe('another start', () => {
  it('with a relative folder finds the same key and data', async () => {
    const first = await SpawnedServer.start(folder, { data: './some data' })
    const { key, data } = first
    expect(data).toBe(folder.join('some data'))
    await putAction(first, 'kept', SLOW)
    expect(await first.stop()).toEqual(ENDED_WELL)

    const second = await SpawnedServer.start(folder, { data })
    expect(second.key).toBe(key)
    const { record } = await invokeOnce(second, 'kept', { ms: 1 })
    expect(record.response.result).toEqual({ slept: 1 })
    expect(await second.stop()).toEqual(ENDED_WELL)
  })

  it('after kill -9 finds actions and activations, and no process of the former one', async () => {
    const first = await SpawnedServer.start(folder)
    await putAction(first, 'slow', SLOW)
    const { record } = await invokeOnce(first, 'slow', { ms: 1 })
    await eventually(
      'the record',
      async () => (await call(first, 'GET', `activations/${record.activationId}`)).status === 200,
    )
    const running = invokeOnce(first, 'slow', { ms: 60_000 })
    running.catch(() => undefined)
    await inFlight(first, 1)
    const { key } = first
    expect(await first.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    await expect(running).rejects.toThrow()
    await eventually('every process to be gone', () => processesOf(folder.marker).length === 0)

    const second = await SpawnedServer.start(folder)
    expect(second.key).toBe(key)
    expect((await call(second, 'GET', `activations/${record.activationId}`)).json).toMatchObject({ name: 'slow' })
    expect((await invokeOnce(second, 'slow', { ms: 1 })).record.response.success).toBe(true)
    expect(await second.stop()).toEqual(ENDED_WELL)
  })

  it('does not undo a key that an administrator has issued', async () => {
    const first = await SpawnedServer.start(folder)
    const { key } = first
    const program = join(import.meta.dirname, '../dist/bundle/main.js')
    const issued = spawnSync(
      process.execPath,
      [program, 'admin', 'user', 'create', 'guest', '-r', '--data', first.data],
      {
        encoding: 'utf8',
      },
    ).stdout.trim()
    expect(issued).not.toBe(key)
    expect((await call(first, 'GET', 'actions', { auth: key })).status).toBe(401)
    expect(await first.stop()).toEqual(ENDED_WELL)

    const second = await SpawnedServer.start(folder)
    expect(second.key).toBe(issued)
    expect((await call(second, 'GET', 'actions', { auth: key })).status).toBe(401)
    expect(await second.stop()).toEqual(ENDED_WELL)
  })
})

describe('a signal', () => {
  it('lets what runs finish, takes nothing new, and leaves nothing behind', async () => {
    const server = await SpawnedServer.start(folder)
    await putAction(server, 'slow', SLOW)
    const running = Array.from({ length: 8 }, () => invokeOnce(server, 'slow', { ms: 700 }))
    await inFlight(server, 8)
    const exited = server.stop()
    await eventually('the server to refuse', async () =>
      call(server, 'POST', 'actions/slow', { body: { ms: 1 } }).then(
        ({ status }) => status === 503,
        () => true,
      ),
    )
    for (const { status, record } of await Promise.all(running)) {
      expect([status, record.response.result]).toEqual([200, { slept: 700 }])
    }
    expect(await exited).toEqual(ENDED_WELL)
    expect(processesOf(folder.marker)).toEqual([])
  })

  it('waits for what runs no longer than configured, and leaves its record', async () => {
    const server = await SpawnedServer.start(folder, { config: { drainMs: 200 } })
    await putAction(server, 'slow', SLOW)
    const { json } = await call(server, 'POST', 'actions/slow', { body: { ms: 60_000 } })
    await inFlight(server, 1)
    expect(await server.stop()).toEqual(ENDED_WELL)

    const next = await SpawnedServer.start(folder)
    const { status, json: record } = await call(next, 'GET', `activations/${String(json['activationId'])}`)
    expect(status).toBe(200)
    expect(record).toMatchObject({ name: 'slow', response: { success: false } })
    expect(await next.stop()).toEqual(ENDED_WELL)
  })

  it('during the start ends it just as well, at whatever moment it comes', async () => {
    // Before any code of ours runs, Node.js lets a signal end the process.
    const tell = "process.on('newListener', (name) => name === 'SIGTERM' && setImmediate(() => console.log('hears')))"
    const env = { NODE_OPTIONS: `--import=${folder.write('tell.mjs', tell)}` }
    for (const ms of [0, 50, 150, 300, 500]) {
      const server = new SpawnedServer(folder, { env })
      await eventually('the process to listen to signals', () => server.stdout.includes('hears'))
      const at = performance.now() + ms
      await eventually('the moment', () => performance.now() >= at)
      expect([await server.stop(), server.stderr]).toEqual([ENDED_WELL, ''])
      expect(processesOf(folder.marker)).toEqual([])
    }
    // What they did is not in the way of the next one.
    const next = await SpawnedServer.start(folder)
    expect(await next.stop()).toEqual(ENDED_WELL)
  })

  it('ends a start that waits for a file nobody writes, and one whose database does not answer', async () => {
    const pipe = folder.join('pipe')
    spawnSync('mkfifo', [pipe])
    for (const args of [
      ['--auth-file', pipe],
      ['--config', pipe],
    ]) {
      const reading = new SpawnedServer(folder, { args })
      await eventually('it to wait for a writer', () => waitsForWriter(reading.pid))
      expect(await reading.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    }

    const deaf = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void deaf.close())
    await once(deaf, 'listening')
    let asked = 0
    deaf.on('connection', () => void asked++)
    const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
    const adapter = '@stemcell/spi-couchdb'
    const options = { url, requestTimeoutMs: 60_000 }
    const waiting = new SpawnedServer(folder, { config: { stores: { adapter, options } } })
    await eventually('it to ask the database', () => asked > 0)
    const since = performance.now()
    expect(await waiting.stop()).toEqual({ code: 1, signal: null })
    expect(performance.now() - since).toBeLessThan(15_000)
    expect(waiting.stderr).toContain('SIGTERM came while the server was still waiting to start')
  })

  it('that comes twice ends it at once, and its containers with it', async () => {
    const server = await SpawnedServer.start(folder)
    await putAction(server, 'slow', SLOW)
    await call(server, 'POST', 'actions/slow', { body: { ms: 60_000 } })
    await inFlight(server, 1)
    server.child.kill('SIGINT')
    await eventually('the first to be heard', () => server.stdout.includes('"msg":"stopping'))
    expect(await server.stop('SIGINT')).toEqual({ code: 1, signal: null })
  })
})
