import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { PROGRAM, SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function admin(line: string, data: string, input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAM, 'admin', ...line.split(' '), '--data', data])
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.end(input)
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

const said = (stdout: string): Outcome => ({ code: 0, stdout: `${stdout}\n`, stderr: '' })
const refused = (stderr: string): Outcome => ({ code: 1, stdout: '', stderr: `${stderr}\n` })

describe('stemcell admin', () => {
  it('works on a running server, which sees the change at once, and afterwards on its folder', async () => {
    const server = await SpawnedServer.start(folder)
    const { data } = server
    const key = (await admin('user create alice', data)).stdout.trim()
    const list = async (): Promise<number> => (await call(server, 'GET', 'actions', { auth: key })).status
    expect(await list()).toBe(200)
    expect(await admin('user block alice', data)).toEqual(said('"alice" blocked successfully'))
    expect(await list()).toBe(401)
    expect(await admin('user unblock alice', data)).toEqual(said('"alice" unblocked successfully'))
    expect(await list()).toBe(200)
    expect(await admin('user get nobody', data)).toEqual(refused('Subject id is not recognized'))
    expect(await admin('user create bob', data)).toMatchObject({ code: 2, stdout: '' })
    expect(await admin('user unblock nobody alice someone', data)).toEqual({
      code: 2,
      stdout: [
        'Failed to unblock "nobody" (Subject id is not recognized)',
        '"alice" unblocked successfully',
        'Failed to unblock "someone" (Subject id is not recognized)',
        '',
      ].join('\n'),
      stderr: '',
    })

    await putAction(server, 'hello', 'const main = () => ({})')
    const { record } = await invokeOnce(server, 'hello')
    await eventually('the record', async () =>
      (await admin('db get activations', data)).stdout.includes(`guest/${record.activationId}`),
    )
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(server.output).not.toContain(key.split(':')[1])

    expect(await admin('user whois -', data, key)).toEqual(said('subject: alice\nnamespace: alice'))
    expect(await admin('limits set alice --firesPerMinute 3', data)).toEqual(
      said('Limits successfully set for "alice"'),
    )
    expect(await admin('limits get alice', data)).toEqual(said('firesPerMinute = 3'))
    const dump = JSON.parse((await admin('db get whisks --docs', data)).stdout) as object
    expect(dump).toMatchObject({ total_rows: 1, rows: [{ id: 'guest/hello', doc: { name: 'hello' } }] })

    const next = await SpawnedServer.start(folder)
    expect((await call(next, 'GET', 'limits', { auth: key })).json).toMatchObject({ firesPerMinute: 3 })
    expect(await next.stop()).toEqual({ code: 0, signal: null })
  })

  it('takes the invoker of a running server out of service and puts it back', async () => {
    const server = await SpawnedServer.start(folder)
    const { data } = server
    await putAction(server, 'hello', 'const main = () => ({})')
    expect(await admin('invoker drain', data)).toEqual(said('invoker0 is drained'))
    expect((await call(server, 'GET', '/invokers')).json).toEqual({ invoker0: 'down' })
    expect((await call(server, 'POST', 'actions/hello')).status).toBe(503)
    expect(await admin('invoker enable', data)).toEqual(said('invoker0 is now enabled'))
    await invokeOnce(server, 'hello')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await admin('invoker status', data)).toEqual(
      refused('no server runs here: an invoker is asked while it runs'),
    )
  })

  it('names the process when a server holds the folder and does not answer', async () => {
    const server = await SpawnedServer.start(folder)
    rmSync(`${server.data}/admin.sock`)
    const { code, stderr } = await admin('user get guest', server.data)
    expect(code).toBe(1)
    expect(stderr).toContain(`is in use by process ${server.pid}`)
    expect(stderr).toContain('no running server answers administrative commands here')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('does not make a data folder of a mistyped name', async () => {
    expect(await admin('user create alice', folder.join('typo'))).toEqual(
      refused(
        `stemcell: data folder: ${folder.join('typo')} holds no server’s data: name the folder of a server with --data, or make one with stemcell admin db init`,
      ),
    )
  })

  it('says so when the controllers of a cluster cannot be told of a change, which is stored', async () => {
    const data = folder.join('data')
    const config = folder.join('cluster.json')
    const queue = { adapter: '@stemcell/spi-redis', options: { url: 'redis://127.0.0.1:1' } }
    writeFileSync(config, JSON.stringify({ queue }))
    expect((await admin('db init', data)).code).toBe(0)
    const made = await admin(`user create alice --config ${config}`, data)
    expect(made.code).toBe(1)
    expect(made.stderr).toMatch(/^stemcell: the change is stored, but controllers were not told of it.*: queue: /)
    expect(await admin('user whois -', data, made.stdout.trim())).toEqual(said('subject: alice\nnamespace: alice'))
    expect((await admin(`user get alice --config ${config}`, data)).code).toBe(0)
  })

  it('repairs the folder of a server that refuses to start, and no other', async () => {
    const server = await SpawnedServer.start(folder)
    const { data } = server
    await putAction(server, 'hello', 'const main = () => ({})')
    expect(await admin('db repair', data)).toEqual(refused('a server uses the database: stop it, and ask again'))
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    rmSync(join(data, 'store', 'stemcell.mark'))
    await expect(SpawnedServer.start(folder)).rejects.toThrow('stemcell admin db repair')

    const { code, stdout, stderr } = await admin('db repair', data)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^lost: its file stemcell.mark is gone .*\nkept: \d+ documents, 0 activation records\n$/)
    expect((await admin('db check', data)).code).toBe(0)
    const next = await SpawnedServer.start(folder)
    expect((await call(next, 'GET', 'actions/hello')).status).toBe(200)
    expect(await next.stop()).toEqual({ code: 0, signal: null })

    expect((await admin('db repair', folder.join('typo'))).stderr).toContain('holds no server’s data')
    const config = folder.write('elsewhere.json', JSON.stringify({ stores: { adapter: '@stemcell/spi-couchdb' } }))
    expect((await admin(`db repair --config ${config}`, data)).stderr).toContain('uses no embedded database')
  })

  it('explains itself', async () => {
    const help = await admin('user create --help', folder.path)
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('--auth <uuid:key>')
    expect((await admin('user destroy', folder.path)).stderr).toContain("unknown command 'destroy'")
  })
})
