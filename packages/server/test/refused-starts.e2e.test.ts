import { ClassicLevel } from 'classic-level'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processesOf } from './harness/processes-of.ts'
import { PROGRAM, SpawnedServer, TestFolder, type SpawnOptions } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** What a start that fails says on standard error. */
async function refusal(options: SpawnOptions = {}): Promise<string> {
  const server = new SpawnedServer(folder, options)
  expect(await server.exited).toEqual({ code: 1, signal: null })
  expect(server.stdout).not.toContain('ready')
  expect(server.stderr).toMatch(/^stemcell: [^\n]+\n$/)
  expect(processesOf(folder.marker)).toEqual([])
  return server.stderr
}

/** A data folder that a server has used. */
async function usedFolder(): Promise<string> {
  const server = await SpawnedServer.start(folder)
  await server.stop()
  return server.data
}

describe('a command that there is none of', () => {
  it.each([
    [['frobnicate'], "error: unknown command 'frobnicate'\n"],
    [['actoin', 'list'], "error: unknown command 'actoin'\n(Did you mean action?)\n"],
  ])('%j is said to be none, with the one that may be meant', (args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', cwd: folder.path })
    expect({ status, stderr }).toEqual({ status: 1, stderr: `${message}(stemcell --help lists the commands)\n` })
  })
})

describe('the data folder', () => {
  it('in use by another server is refused with the process, and the other one is not disturbed', async () => {
    const first = await SpawnedServer.start(folder)
    const { key } = first
    const second = new SpawnedServer(folder, { env: { STEMCELL_AUTH: `${key.slice(0, 37)}${'x'.repeat(64)}` } })
    expect(await second.exited).toEqual({ code: 1, signal: null })
    expect(second.stderr).toContain(`${first.data}/store is in use by process ${first.pid}`)
    expect(first.key).toBe(key)
    expect(await (await fetch(`${first.url}/ping`)).text()).toBe('pong')
    expect(await first.stop()).toEqual({ code: 0, signal: null })
  })

  it('that cannot be written to is refused', async () => {
    const file = folder.write('file', '')
    const data = join(file, 'data')
    expect(await refusal({ data })).toBe(
      `stemcell: data folder: ${data} cannot be used (ENOTDIR): there is a file in its way: choose another folder with --data\n`,
    )
    expect(await refusal({ data: file })).toContain(
      `data folder: ${file} cannot be used (ENOTDIR): there is a file in its way`,
    )
    // Node.js itself would go on trying to make this one for ever.
    if (process.platform === 'linux') {
      expect(await refusal({ data: '/proc/x/y' })).toContain(
        'data folder: /proc/x/y cannot be used (ENOENT, /proc/x): make it accessible',
      )
    }
    mkdirSync(folder.join('half', 'auth.guest'), { recursive: true })
    expect(await refusal({ data: folder.join('half') })).toContain('auth.guest cannot be used (EISDIR)')
  })

  it('below a file system that is read-only is refused for that', async ({ skip }) => {
    const disk = folder.join('disk')
    mkdirSync(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk], { encoding: 'utf8' })
    skip(mounted.status !== 0, `no read-only file system can be mounted: ${mounted.stderr}`)
    try {
      expect(await refusal({ data: join(disk, 'a', 'b') })).toContain(`(EROFS, ${join(disk, 'a')})`)
      expect(await refusal({ data: disk })).toContain(`${disk} cannot be used (EROFS)`)
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  })

  it('that is damaged is refused with what to do, and left as it is', async () => {
    const data = await usedFolder()
    rmSync(join(data, 'store', 'CURRENT'))
    const files = readdirSync(join(data, 'store'))
    const text = await refusal()
    expect(text).toContain(`the database in ${data}/store is damaged`)
    expect(text).toContain('restore the folder from a backup')
    expect(readdirSync(join(data, 'store'))).toEqual(files)
  })

  it('that a newer version wrote is refused', async () => {
    const data = await usedFolder()
    const db = new ClassicLevel(join(data, 'store'))
    await db.put('mformat', '99')
    await db.close()
    expect(await refusal()).toContain('has format 99, this version supports up to 5; upgrade')
  })

  it('with a key that is none is refused without repeating it', async () => {
    const data = folder.join('data')
    mkdirSync(data)
    writeFileSync(join(data, 'auth.guest'), 'something:else')
    const text = await refusal()
    expect(text).toContain(`${data}/auth.guest: expected UUID:KEY`)
    expect(text).not.toContain('something')
  })
})

describe('a port', () => {
  it('in use is refused', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await refusal({ args: ['--port', String(port)] })).toBe(
      `stemcell: http: 127.0.0.1:${port} is in use; choose another with --port\n`,
    )
    other.close()
  })

  it('or address that this machine does not have is refused', async () => {
    expect(await refusal({ args: ['--host', '192.0.2.1', '--insecure'] })).toContain(': 192.0.2.1:0 cannot be used')
  })
})

describe('a key', () => {
  it('that is malformed is refused without being repeated', async () => {
    const text = await refusal({ env: { STEMCELL_AUTH: 'some:thing' } })
    expect(text).toContain('STEMCELL_AUTH: expected UUID:KEY')
    expect(text).not.toContain('some')
    expect(readdirSync(folder.path)).toEqual([])
  })
})

describe('a configuration', () => {
  it('that is wrong is refused with what to change, before anything is done', async () => {
    const adapter = '@stemcell/spi-missing'
    expect(await refusal({ config: { prot: 3233 } })).toContain('Unrecognized key: "prot"')
    expect(await refusal({ config: { manifest: { runtimes: { nodejs: [] } } } })).toContain('runtimes manifest: ')
    expect(await refusal({ config: { queue: { adapter } } })).toContain(`queue (${adapter}): cannot load`)
    expect(await refusal({ env: { STEMCELL_LOG_LEVEL: 'loud' } })).toBe(
      'stemcell: STEMCELL_LOG_LEVEL: choose one of debug, info, warn, error, silent\n',
    )
  })
})
