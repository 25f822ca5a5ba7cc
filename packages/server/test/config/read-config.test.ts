import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(content: unknown): string {
  const path = join(folder, 'stemcell.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('a configuration', () => {
  it('without a file has every default, and its data in the working directory', () => {
    expect(readConfig(undefined)).toMatchObject({
      host: '127.0.0.1',
      port: 3233,
      data: join(process.cwd(), 'stemcell-data'),
      logLevel: 'info',
      drainMs: 30_000,
      limits: { timeoutMs: { min: 100, std: 60_000, max: 300_000 }, invocationsPerMinute: 60 },
      invoker: { maxParallelStarts: 3 },
    })
  })

  it('takes paths relative to its file, and those of the command line relative to the working directory', () => {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub', 'manifest.json'), '{"runtimes": {}}')
    const path = write({ data: 'kept', authFile: 'sub/key', manifest: 'sub/manifest.json' })
    expect(readConfig(path)).toMatchObject({
      data: join(folder, 'kept'),
      authFile: join(folder, 'sub', 'key'),
      manifest: { runtimes: {} },
    })
    expect(readConfig(path, { data: 'mine', authFile: 'key' })).toMatchObject({
      data: join(process.cwd(), 'mine'),
      authFile: join(process.cwd(), 'key'),
    })
    expect(readConfig(write({})).data).toBe(join(process.cwd(), 'stemcell-data'))
  })

  it('lets the command line win', () => {
    const path = write({ host: '0.0.0.0', port: 1, logLevel: 'warn' })
    expect(readConfig(path, { port: 2 })).toMatchObject({ host: '0.0.0.0', port: 2, logLevel: 'warn' })
  })

  it('takes an address of IPv6 in brackets, too', () => {
    expect(readConfig(write({ host: '[::1]' })).host).toBe('::1')
    expect(readConfig(undefined, { host: '[::]' }).host).toBe('::')
  })

  it('may set one bound of a limit alone', () => {
    const { memoryMb } = readConfig(write({ limits: { memoryMb: { max: 2048 } } })).limits
    expect(memoryMb).toEqual({ min: 128, std: 256, max: 2048 })
  })

  it('whose upper bound is below the standard brings that down with it', () => {
    const { timeoutMs } = readConfig(write({ limits: { timeoutMs: { max: 3000 } } })).limits
    expect(timeoutMs).toEqual({ min: 100, std: 3000, max: 3000 })
  })

  it.each<[unknown, string]>([
    [{ prot: 3233 }, 'options: Unrecognized key: "prot" (did you mean "port"?)'],
    [{ port: 'hidden' }, 'port: '],
    [{ port: 70_000 }, 'port: '],
    [{ host: '' }, 'host: '],
    [{ limits: { memoryMb: { max: 64 } } }, 'limits.memoryMb: must be in the order min, std, max'],
    [{ limits: { memroyMb: {} } }, 'limits: Unrecognized key: "memroyMb" (did you mean "memoryMb"?)'],
    [{ limits: { timeoutMs: 4 } }, 'limits.timeoutMs: give an object { min, std, max }'],
    [{ retention: { maxAge: 1 } }, 'retention: Unrecognized key: "maxAge" (did you mean "maxAgeMs"?)'],
    [{ invoker: { userMemoryMb: 1 } }, 'invoker.userMemoryMb: '],
    [{ queue: { use: 'hidden' } }, 'queue.adapter: '],
    [{ manifest: 'missing.json' }, 'missing.json cannot be read (ENOENT): name a file that exists'],
    [[], 'options: '],
    ['{\n  "authFile": hidden\n}', 'is not JSON: check its quotes'],
    ['{"host": "a"\n"port": 1}', 'is not JSON: see line 2, column 1'],
    ['', 'is not JSON: check its quotes'],
  ])('that is wrong is refused with the place, and no value is repeated: %j', (content, expected) => {
    const path = write(content)
    let refusal: unknown
    try {
      readConfig(path)
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(expected) })
    expect((refusal as Error).message).not.toContain('hidden')
  })

  it('that is not there is refused', () => {
    expect(() => readConfig(join(folder, 'none.json'))).toThrow(
      'none.json cannot be read (ENOENT): name a file that exists',
    )
  })
})
