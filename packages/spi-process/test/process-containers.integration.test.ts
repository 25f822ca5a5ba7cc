import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { isPlatformError, PlatformError, type Logger } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import adapter from '../src/adapter.ts'
import { eventually } from '../../../test/eventually.ts'
import {
  init,
  isAlive,
  openFactory,
  options,
  OWNER,
  processesWith,
  run,
  spec,
  start,
  temporaryFolder,
} from './harness.ts'

const linux = process.platform === 'linux'

describe('processContainers', () => {
  it.runIf(linux)(
    'removes fifty children of an action with its container, also those that left its group',
    async () => {
      const dir = temporaryFolder()
      const factory = await openFactory({ dir })
      const container = await start(
        factory,
        `const { spawn } = require('node:child_process')
       function main() {
         const pids = []
         for (let i = 0; i < 50; i++) {
           const child = spawn('/bin/sleep', ['600'], { detached: i % 2 === 0, stdio: i % 3 === 0 ? 'inherit' : 'ignore' })
           child.unref()
           pids.push(child.pid)
         }
         return { pids }
       }`,
      )
      const { pids } = (await run(container)) as { pids: number[] }
      expect(pids.filter(isAlive)).toHaveLength(50)
      await container.destroy()
      expect(pids.filter(isAlive)).toEqual([])
    },
  )

  it.runIf(linux)('removes what an action left running when it exited by itself', async () => {
    const factory = await openFactory()
    const container = await start(
      factory,
      `const { spawn } = require('node:child_process')
       let pids
       function main({ exit }) {
         if (exit) process.exit(5)
         pids = [false, true].map((detached) => spawn('/bin/sleep', ['600'], { detached, stdio: 'ignore' }).pid)
         return { pids }
       }`,
    )
    const { pids } = (await run(container)) as { pids: number[] }
    await expect(run(container, { exit: true })).rejects.toThrow(PlatformError)
    expect(await container.exited).toEqual({ reason: 'exited', exitCode: 5 })
    await eventually('its children ended', () => !pids.some(isAlive))
    await eventually('it is off the list', async () => (await factory.list(OWNER)).length === 0)
  })

  it.runIf(linux)('tells a full heap and memory outside the heap from an abort', async () => {
    const factory = await openFactory()
    const fate = async (body: string): Promise<unknown> => {
      const container = await start(factory, `function main() { const kept = []; ${body} }`, { memoryMb: 128 })
      await expect(run(container)).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CONNECTION_LOST'))
      return container.exited
    }
    expect(await fate('for (;;) kept.push({ x: Math.random() })')).toMatchObject({ reason: 'out-of-memory' })
    expect(await fate('for (;;) kept.push(Buffer.alloc(1 << 20, 1))')).toMatchObject({ reason: 'out-of-memory' })
    expect(await fate('process.abort()')).toMatchObject({ reason: 'exited', signal: 'SIGABRT' })
    expect(await fate('process.kill(process.pid, "SIGKILL")')).toMatchObject({ reason: 'exited', signal: 'SIGKILL' })
  })

  it.runIf(linux)('counts the memory of child processes to their action', async () => {
    const factory = await openFactory()
    const container = await start(
      factory,
      `function main() {
         const hoard = 'const a = []; setInterval(() => a.push(Buffer.alloc(8 << 20, 1)), 5)'
         require('node:child_process').spawn(process.execPath, ['-e', hoard])
         return new Promise(() => {})
       }`,
      { memoryMb: 128 },
    )
    await expect(run(container)).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CONNECTION_LOST'))
    expect(await container.exited).toMatchObject({ reason: 'out-of-memory' })
  })

  it('reads twenty megabytes that nobody asked for without keeping them or blocking the action', async () => {
    const factory = await openFactory()
    const container = await start(
      factory,
      `function main() {
         const block = ('x'.repeat(99) + '\\n').repeat(1000)
         for (let i = 0; i < 200; i++) process.stdout.write(block)
         process.stderr.write('y'.repeat(20_000_000))
         return { done: true }
       }`,
    )
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    const log = container.openLog('a1', { limitBytes: 10_000 })
    expect(await run(container)).toEqual({ done: true })
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
    const { truncated, complete, lines } = await log.collect({ waitMs: 5_000 })
    expect({ truncated, complete }).toEqual({ truncated: true, complete: true })
    expect(lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(10_000)
  })

  it('gives the action what its child processes print', async () => {
    const factory = await openFactory()
    const container = await start(
      factory,
      `function main() {
         require('node:child_process').spawnSync('/bin/sh', ['-c', 'echo from the child; echo trouble >&2'], { stdio: 'inherit' })
         console.log('from the action')
         return {}
       }`,
    )
    const log = container.openLog('a1', { limitBytes: 10_000 })
    await run(container)
    const { lines } = await log.collect({ waitMs: 5_000 })
    expect(lines.map(({ stream, text }) => `${stream}: ${text}`).sort()).toEqual([
      'stderr: trouble',
      'stdout: from the action',
      'stdout: from the child',
    ])
  })

  it.runIf(linux)('keeps secrets out of the process list and its folders to itself', async () => {
    const dir = join(temporaryFolder(), 'run')
    const factory = await openFactory({ dir })
    const container = await factory.create(spec({ environment: { __OW_API_KEY: 'key-of-the-user' } }))
    const [pid] = processesWith(container.id)
    expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain('key-of-the-user')
    expect(statSync(dir).mode & 0o777).toBe(0o700)
  })

  it('works in a folder whose path is too long for a socket', async () => {
    const dir = join(temporaryFolder(), 'd'.repeat(60), 'e'.repeat(60))
    const factory = await openFactory({ dir })
    const container = await start(factory, 'function main() { return { ok: true } }')
    expect(await run(container)).toEqual({ ok: true })
  })

  it('gives each action a folder of its own that goes with it', async () => {
    const factory = await openFactory()
    const code = 'function main() { require("node:fs").writeFileSync("x", "x"); return { cwd: process.cwd() } }'
    const containers = await Promise.all([start(factory, code), start(factory, code)])
    const folders = await Promise.all(containers.map(async (container) => (await run(container))['cwd'] as string))
    expect(new Set(folders).size).toBe(2)
    await Promise.all(containers.map((container) => container.destroy()))
    for (const folder of folders) expect(() => statSync(folder)).toThrow('ENOENT')
  })

  it('fails a start that takes too long, and one whose program does not exist, and leaves nothing', async () => {
    const slow = await openFactory({ startTimeoutMs: 1 })
    await expect(slow.create(spec())).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_START_FAILED'))
    expect(await slow.list(OWNER)).toEqual([])
    const missing = await openFactory({ node: '/no/such/node' })
    await expect(missing.create(spec())).rejects.toThrow(/ended before it was ready: .*\/no\/such\/node: not found/)
    expect(await missing.list(OWNER)).toEqual([])
    const failing = await openFactory({ node: '/bin/false' })
    await expect(failing.create(spec())).rejects.toThrow('ended before it was ready')
    expect(await failing.list(OWNER)).toEqual([])
  })

  it('ends runs that are in progress when a container is killed from outside', async () => {
    const factory = await openFactory()
    const container = await start(
      factory,
      'function main({ pid }) { return pid ? { pid: process.pid } : new Promise(() => {}) }',
    )
    const { pid } = await run(container, { pid: true })
    const lost = expect(container.run('{"value":{}}', options())).rejects.toThrow('broke')
    process.kill(Number(pid), 'SIGKILL')
    await lost
    expect(await container.exited).toEqual({ reason: 'exited', signal: 'SIGKILL' })
    await expect(init(container, '')).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_NOT_REACHED'))
  })

  it('warns that it is for trusted code', async () => {
    const warnings: string[] = []
    const ignore = (): void => undefined
    const logger: Logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_fields, message) => void warnings.push(message),
      child: () => logger,
    }
    await openFactory({}, { logger })
    expect(warnings).toEqual(['actions run as processes of this user: for trusted code only'])
  })

  it('refuses unknown options and folders that others can write to, naming option and fix', async () => {
    expect(() => processContainers({ directory: '/x' } as object)).toThrow(/spi-process.*directory/)
    expect(() => processContainers({ startTimeoutMs: 0 })).toThrow(/startTimeoutMs/)
    await expect(openFactory({ dir: '/tmp' })).rejects.toThrow(/dir.*set/)
    const configurable = adapter.provides['containers']
    expect((configurable!.options as z.ZodType).safeParse({ dir: '/x', nope: 1 }).success).toBe(false)
    expect(configurable?.create({}).name).toBe('@stemcell/spi-process')
  })
})
