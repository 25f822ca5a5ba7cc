import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder
let unmount: string | undefined

beforeEach(() => {
  folder = new TestFolder()
})
afterEach(async () => {
  if (unmount !== undefined) spawnSync('umount', ['-l', unmount])
  unmount = undefined
  await folder.remove()
})

/** Ends the path in such a line; longer than any random id, which may end in a few of these letters too. */
const END = `${'x'.repeat(100)}"`

/** A request that leaves a line of two kilobytes in the log. */
async function leaveLine(server: SpawnedServer): Promise<void> {
  await call(server, 'GET', `actions/${'x'.repeat(2_000)}`, { headers: { 'x-ow-extra-logging': 'on' } })
}

async function lostLines(server: SpawnedServer): Promise<number> {
  const { text } = await call(server, 'GET', '/metrics', { auth: null })
  return Number(/^stemcell_log_lines_lost_total (\d+)$/m.exec(text)?.[1])
}

async function works(server: SpawnedServer): Promise<void> {
  await leaveLine(server)
  await putAction(server, 'hello', 'const main = () => ({ hello: true })')
  const { status, record } = await invokeOnce(server, 'hello')
  expect([status, record.response.result]).toEqual([200, { hello: true }])
}

describe('a server whose log lines cannot be written goes on', () => {
  it('with a full device', async () => {
    const server = await new SpawnedServer(folder, { shell: 'exec "$@" >/dev/full 2>/dev/full' }).listening()
    await works(server)
    expect(await lostLines(server)).toBeGreaterThan(1)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('with a reader that has seen enough', async () => {
    const shell = 'mkfifo log && head -n 1 <log >/dev/null & until [ -p log ]; do :; done; exec "$@" >log 2>&1'
    const server = await new SpawnedServer(folder, { shell }).listening()
    // The pipe takes what is written until the reader, on a busy machine, comes to its end.
    await eventually('lines to be lost', async () => {
      await works(server)
      return (await lostLines(server)) > 0
    })
    await works(server)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('with a reader that stands still, who gets the lines when it goes on', async () => {
    const fifo = folder.join('log')
    spawnSync('mkfifo', [fifo])
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    onTestFinished(() => closeSync(reader))
    const server = await new SpawnedServer(folder, { shell: `exec "$@" >'${fifo}' 2>&1` }).listening()
    await putAction(server, 'hello', 'const main = () => ({ hello: true })')
    // A pipe holds 64 KiB.
    for (let count = 0; count < 100; count++) await leaveLine(server)
    await works(server)
    expect(await lostLines(server)).toBe(0)
    const buffer = Buffer.alloc(65_536)
    let text = ''
    await eventually('every line', () => {
      text += buffer.toString('utf8', 0, readSome(reader, buffer))
      return text.split(END).length === 102
    })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('with a reader at the other end of a socket who stands still', async () => {
    // A parent written in Node.js gives its children sockets.
    const server = await SpawnedServer.start(folder)
    server.child.stdout!.pause()
    // More than a socket and the reader's own buffer hold.
    for (let count = 0; count < 300; count++) await leaveLine(server)
    await works(server)
    server.child.stdout!.resume()
    await eventually('every line', () => server.stdout.split(END).length === 302)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('with a full disk, and says how many are missing when there is room again', async ({ skip }) => {
    const disk = folder.join('disk')
    mkdirSync(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { encoding: 'utf8' })
    skip(mounted.status !== 0, `no file system of a fixed size can be mounted: ${mounted.stderr}`)
    unmount = disk
    const log = `${disk}/log`
    const ballast = `${disk}/ballast`
    const server = await new SpawnedServer(folder, { shell: `exec "$@" >>'${log}' 2>&1` }).listening()
    fill(ballast)
    await eventually('lines to be lost', async () => {
      await works(server)
      return (await lostLines(server)) > 0
    })
    rmSync(ballast)
    await eventually('the word about it', () => readFileSync(log, 'utf8').includes('log lines could not be written'))
    await works(server)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    const lines = readFileSync(log, 'utf8').split('\n')
    const logged = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { lines?: number })
    expect(logged.some(({ lines: missing }) => missing !== undefined && missing > 0)).toBe(true)
    expect(lines.at(-2)).toContain('"msg":"stopped"')
  })
})

/** Writes until there is no room. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}

/** Nothing while there is nothing. */
function readSome(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' })
    return 0
  }
}
