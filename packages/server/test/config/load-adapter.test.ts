import type { Queue } from '@stemcell/core'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadAdapter } from '../../src/config/load-adapter.ts'

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'stemcell-project-'))
  vi.spyOn(process, 'cwd').mockReturnValue(project)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(project, { recursive: true, force: true })
})

/** Installs a package in the project, as npm would. */
function install(name: string, adapter: string | undefined): void {
  const folder = join(project, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  const exports = adapter === undefined ? { '.': './index.js' } : { './adapter': './adapter.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports }))
  if (adapter !== undefined) writeFileSync(join(folder, 'adapter.js'), adapter)
}

const refusalOf = async (part: string, adapter: string, options = {}): Promise<unknown> =>
  loadAdapter(part, { adapter, options }).then(
    () => 'it was loaded',
    (error: unknown) => error,
  )

const config = (message: string): object => ({ code: 'ERR_CONFIG', message: expect.stringContaining(message) })

describe('an adapter named in a configuration', () => {
  it('is found in the project, and is given the options its schema made of those in the file', async () => {
    const zod = pathToFileURL(join(import.meta.dirname, '../../../../node_modules/zod/index.js')).href
    install(
      'my-queue',
      `import { z } from '${zod}'
       export default { provides: { queue: {
         options: z.strictObject({ url: z.string(), depth: z.int().default(7) }),
         create: (options) => ({ name: 'my-queue', core: '*', build: () => options }),
       } } }`,
    )
    const adapter = await loadAdapter<Queue>('queue', { adapter: 'my-queue', options: { url: 'u' } })
    expect(adapter.name).toBe('my-queue')
    expect(adapter.build({} as never)).toEqual({ url: 'u', depth: 7 })
    expect(await refusalOf('queue', 'my-queue', { url: 'u', deep: 1 })).toMatchObject(
      config('queue (my-queue): options: Unrecognized key: "deep"'),
    )
    expect(await refusalOf('queue', 'my-queue', { url: 1 })).toMatchObject(config('queue (my-queue): url: '))
  })

  it('may have its options in a schema of any library that speaks Standard Schema, also one that takes its time', async () => {
    install(
      'any-schema',
      `const validate = ({ url, ...rest }) => {
         if (typeof url !== 'string') return { issues: [{ message: 'must be a text', path: [{ key: 'url' }] }] }
         const [unknown] = Object.keys(rest)
         return unknown ? { issues: [{ message: 'unknown key ' + unknown }] } : { value: { url, depth: 7 } }
       }
       const create = (options) => ({ name: 'any-schema', core: '*', build: () => options })
       const schema = (later) => ({ version: 1, vendor: 'own', validate: later ? async (o) => validate(o) : validate })
       export default { provides: {
         queue: { options: { '~standard': schema(false) }, create },
         logStore: { options: Object.assign(() => undefined, { '~standard': schema(true) }), create },
         auth: { options: { parse: () => undefined }, create },
         rateLimiter: { options: { '~standard': schema(false) }, create() { throw new Error('no way') } },
       } }`,
    )
    for (const part of ['queue', 'logStore']) {
      const adapter = await loadAdapter<unknown>(part, { adapter: 'any-schema', options: { url: 'u' } })
      expect(adapter.build({} as never)).toEqual({ url: 'u', depth: 7 })
      expect(await refusalOf(part, 'any-schema', { url: 1 })).toMatchObject(config('(any-schema): url: must be a text'))
      expect(await refusalOf(part, 'any-schema', { url: '', deep: 1 })).toMatchObject(
        config('options: unknown key deep'),
      )
    }
    expect(await refusalOf('auth', 'any-schema')).toMatchObject(config('its options are no Standard Schema'))
    expect(await refusalOf('rateLimiter', 'any-schema', { url: 'u' })).toMatchObject(config('create() failed: no way'))
  })

  it('is found beside the server when the project does not have it', async () => {
    const adapter = await loadAdapter('entityStore', { adapter: '@stemcell/spi-level', options: { dir: project } })
    expect(adapter.name).toBe('@stemcell/spi-level')
    expect(await refusalOf('entityStore', '@stemcell/spi-level', { dri: 'x' })).toMatchObject(
      config('entityStore (@stemcell/spi-level): dir: '),
    )
  })

  it('that is not installed is refused with the command that installs it', async () => {
    expect(await refusalOf('queue', '@stemcell/spi-missing')).toMatchObject(
      config(
        'queue (@stemcell/spi-missing): cannot load @stemcell/spi-missing/adapter; is the package installed? (npm install @stemcell/spi-missing)',
      ),
    )
  })

  it('that does not provide the part is refused with what it provides', async () => {
    expect(await refusalOf('queue', '@stemcell/spi-level')).toMatchObject(
      config('does not provide queue; it provides entityStore, subjectStore, activationStore'),
    )
  })

  it('that is no adapter, or fails while it loads, is refused with the reason', async () => {
    install('no-entry', undefined)
    install('no-adapter', 'export default 1')
    install('broken', 'throw new Error("broken inside")')
    install('needy', 'import "left-behind"')
    expect(await refusalOf('queue', 'no-entry')).toMatchObject(config('the package exports no ./adapter'))
    expect(await refusalOf('queue', 'no-adapter')).toMatchObject(config('no-adapter/adapter is not an adapter'))
    expect(await refusalOf('queue', 'broken')).toMatchObject(config('fails while it loads: broken inside'))
    expect(await refusalOf('queue', 'needy')).toMatchObject(config('left-behind'))
  })
})
