import { isPlatformError } from '@stemcell/core'
import { couchStores, couchStoresOptions, type CouchStoresOptions } from '@stemcell/spi-couchdb'
import adapterModule from '@stemcell/spi-couchdb/adapter'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { configuredOptions, parseCouchOptions, withFolder } from '../src/couch-stores-options.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'

const URL_WITH_ACCOUNT = 'https://admin:s%40cret@couch.example:6984/base/'

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isPlatformError(error, 'ERR_CONFIG')) return error.message
    throw error
  }
  throw new Error('not refused')
}

describe('the options of the CouchDB stores', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it.each([
    [{}, 'url'],
    [{ url: '' }, 'url'],
    [{ url: 'ftp://s%40cret' }, 'url'],
    [{ url: [] }, 'url'],
    [{ url: 'http://x', usrname: 's%40cret' }, 'usrname'],
    [{ url: 'http://x', username: 'a' }, 'password'],
    [{ url: 'http://x', username: 'a', password: '' }, 'password'],
    [{ url: 'http://x', databases: { entities: 'Upper s%40cret' } }, 'databases.entities'],
    [{ url: 'http://x', auth: 's%40cret' }, 'auth'],
    [{ url: 'http://x', tls: { caFile: '/no/such/file' } }, 'tls.caFile'],
    [{ url: 'http://x', spill: { maxBytes: 2_000_000 } }, 'spill.dir'],
    [{ url: 'http://x', spill: { dir: 's%40cret', maxBytes: 1 } }, 'spill.maxBytes'],
    [{ url: 'http://x', maxDocumentBytes: 1 }, 'maxDocumentBytes'],
  ])('%j is refused, naming %s and not its value', (options, name) => {
    const message = refusal(() => couchStores(options as CouchStoresOptions))
    expect(message).toContain(name)
    expect(message).not.toContain('s%40cret')
  })

  it('show no password, wherever it came from', () => {
    for (const options of [
      { url: URL_WITH_ACCOUNT },
      { url: 'https://couch.example', username: 'admin', password: 's@cret' },
    ]) {
      const shown = inspect(parseCouchOptions(options), { depth: 10, showHidden: true })
      expect(shown).not.toMatch(/s@cret|s%40cret/)
      expect(JSON.stringify(parseCouchOptions(options))).not.toMatch(/s@cret|s%40cret/)
    }
    const { credentials, nodes } = parseCouchOptions({ url: [URL_WITH_ACCOUNT, 'https://other.example'] })
    expect(credentials?.authorization).toBe(`Basic ${Buffer.from('admin:s@cret').toString('base64')}`)
    expect(nodes.map(({ href }) => href)).toEqual(['https://couch.example:6984/base/', 'https://other.example/'])
  })

  it('can be named in a configuration file, store by store', () => {
    for (const store of ['entityStore', 'subjectStore', 'activationStore']) {
      const configurable = adapterModule.provides[store]
      expect(configurable?.create({ url: 'http://x' })).toMatchObject({ name: '@stemcell/spi-couchdb', core: '^0.1.0' })
      expect((configurable!.options as z.ZodType).safeParse({ url: 'http://x', unknown: 1 }).success).toBe(false)
    }
  })

  it('take the folder for spilled records from the program that reads a configuration file, unless the file says', () => {
    const given = '/data/spill/standalone'
    const spillOf = (options: object, folder?: string): unknown =>
      parseCouchOptions(withFolder(configuredOptions.parse({ url: 'http://x', ...options }), folder)).spill
    expect(spillOf({}, given)).toEqual({ dir: given, maxBytes: 268_435_456, afterMs: 2000 })
    expect(spillOf({ spill: { maxBytes: 2_000_000 } }, given)).toEqual({
      dir: given,
      maxBytes: 2_000_000,
      afterMs: 2000,
    })
    expect(spillOf({ spill: { dir: '/own' } }, given)).toMatchObject({ dir: '/own' })
    expect(spillOf({ spill: false }, given)).toBeUndefined()
    expect(spillOf({ spill: { maxBytes: 2_000_000 } })).toBeUndefined()
    expect(spillOf({})).toBeUndefined()
  })

  it('take the server from COUCHDB_URL when a configuration file names none', () => {
    const { options, create } = adapterModule.provides['entityStore']!
    vi.stubEnv('COUCHDB_URL', '')
    expect(refusal(() => create((options as z.ZodType).parse({})))).toContain('COUCHDB_URL')
    vi.stubEnv('COUCHDB_URL', 'no server')
    expect(refusal(() => create((options as z.ZodType).parse({})))).toContain('url')
    vi.stubEnv('COUCHDB_URL', 'http://x')
    expect(create((options as z.ZodType).parse({}))).toMatchObject({ name: '@stemcell/spi-couchdb' })
  })

  it('stand in the table of the README with their defaults', () => {
    const readme = new ReadmeTables(new URL('../README.md', import.meta.url))
    const { url: _, tls, databases, ...defaults } = couchStoresOptions.parse({ url: 'http://x', spill: { dir: 'x' } })
    const { spill, ...flat } = defaults
    const expected: Record<string, unknown> = {
      ...flat,
      'tls.rejectUnauthorized': tls.rejectUnauthorized,
      'databases.entities': databases.entities,
      'databases.subjects': databases.subjects,
      'databases.activations': databases.activations,
      'spill.maxBytes': spill ? spill.maxBytes : undefined,
      'spill.afterMs': spill ? spill.afterMs : undefined,
    }
    for (const [name, value] of Object.entries(expected)) {
      expect(readme.optionDefault(name), `option ${name}`).toBe(String(value))
    }
  })
})
