import { adapterContext, isPlatformError, type ActivationStore, type EntityStore, type Lifecycle } from '@stemcell/core'
import { couchStores, type CouchStores, type CouchStoresOptions } from '@stemcell/spi-couchdb'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { FaultProxy } from './fault-proxy.ts'
import { listeningLogger } from './listening-logger.ts'
import { sampleRecord, sampleRecords } from './sample-records.ts'
import { TestServer } from './test-server.ts'

const ACTION = { namespace: 'ns', name: 'a', updated: 1, exec: { kind: 'x', code: 'c' }, entityType: 'action' }
const MB = 1024 ** 2

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'the stores of CouchDB', (address) => {
  const server = new TestServer(address)
  const { logger, lines } = listeningLogger()
  const context = adapterContext({ logger })
  const opened: Lifecycle[] = []
  const proxies: FaultProxy[] = []
  let proxy: FaultProxy
  let databases: ReturnType<TestServer['databases']>

  beforeEach(async () => {
    proxy = await start()
    databases = server.databases()
    lines.length = 0
  })

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
    for (const each of proxies.splice(0)) await each.down()
    await server.drop(Object.values(databases))
    const { username, password } = new URL(address)
    const basic = Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64')
    expect(lines.filter((line) => line.includes(`:${password}@`) || line.includes(basic))).toEqual([])
  })

  afterAll(() => server.drop())

  async function start(options: { readonly tls?: boolean } = {}): Promise<FaultProxy> {
    const started = await FaultProxy.start(address, options)
    proxies.push(started)
    return started
  }

  function stores(options: Partial<CouchStoresOptions> = {}): CouchStores {
    return couchStores({ url: proxy.url, databases, retries: 1, ...options })
  }

  async function entities(options: Partial<CouchStoresOptions> = {}): Promise<EntityStore> {
    return opening(stores(options).entityStore.build(context))
  }

  async function activations(options: Partial<CouchStoresOptions> = {}): Promise<ActivationStore> {
    return opening(stores(options).activationStore.build(context))
  }

  async function opening<S extends Lifecycle>(store: S): Promise<S> {
    await store.open()
    opened.push(store)
    return store
  }

  async function refusal(action: () => Promise<unknown>): Promise<string> {
    try {
      await action()
    } catch (error) {
      expect(isPlatformError(error), String(error)).toBe(true)
      if (isPlatformError(error)) return `${error.code} ${error.message}`
    }
    throw new Error('not refused')
  }

  it('give one of a hundred clients of many stores each revision', async () => {
    const four = await Promise.all(Array.from({ length: 4 }, () => entities()))
    let { revision } = await four[0]!.put('ns/a', ACTION)
    for (let round = 1; round <= 5; round++) {
      const attempts = Array.from({ length: 100 }, (_, client) =>
        four[client % 4]!.put('ns/a', { ...ACTION, client, round }, { revision }),
      )
      const outcomes = await Promise.allSettled(attempts)
      const won = outcomes.filter(({ status }) => status === 'fulfilled')
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect([won.length, lost.length]).toEqual([1, 99])
      expect(lost.every(({ reason }) => isPlatformError(reason, 'ERR_CONFLICT'))).toBe(true)
      const stored = await four[0]!.get('ns/a')
      expect(stored?.document['round']).toBe(round)
      revision = stored!.revision
    }
  })

  it('use the next node when one does not answer, and stay with it', async () => {
    const second = await start()
    const store = await entities({ url: [proxy.url, second.url] })
    const { revision } = await store.put('ns/a', ACTION)
    expect(second.seen).toEqual([])
    await proxy.down()
    const updated = await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect((await store.get('ns/a'))?.revision).toBe(updated.revision)
    await proxy.up()
    const before = proxy.seen.length
    await store.get('ns/a')
    expect(proxy.seen).toHaveLength(before)
    await second.down()
    expect((await store.get('ns/a'))?.revision).toBe(updated.revision)
  })

  it('open with the nodes that are there', async () => {
    const second = await start()
    await proxy.down()
    const store = await entities({ url: [proxy.url, second.url] })
    await store.put('ns/a', ACTION)
    expect(await store.count({ index: 'actions', partition: 'ns' })).toBe(1)
  })

  it('say that nobody answers, where, and after which time', async () => {
    await entities()
    const store = await entities({ requestTimeoutMs: 2000 })
    proxy.fault = 'hold'
    const said = await refusal(() => store.get('ns/a'))
    expect(said).toContain('ERR_UNAVAILABLE')
    expect(said).toContain('127.0.0.1')
    expect(said).toContain('time-out')
    proxy.fault = 'none'
    expect(await store.get('ns/a')).toBeUndefined()
    await proxy.down()
    expect(await refusal(() => store.put('ns/a', ACTION))).toMatch(/^ERR_UNAVAILABLE .*does not answer/)
    expect(await refusal(() => entities())).toMatch(/^ERR_UNAVAILABLE .*ECONNREFUSED/)
  })

  it('read again after an error of the server, but write an entity only once', async () => {
    const store = await entities({ retries: 3 })
    await store.put('ns/a', ACTION)
    let failures = 0
    proxy.fault = ({ method }) => (method === 'GET' && failures++ < 2 ? { status: 500 } : 'none')
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
    proxy.fault = ({ method }) => (method === 'PUT' ? { status: 500 } : 'none')
    const before = proxy.seen.length
    expect(await refusal(() => store.put('ns/b', ACTION))).toMatch(/^ERR_UNAVAILABLE .*enospc/)
    expect(proxy.seen.slice(before).filter(({ method }) => method === 'PUT')).toHaveLength(1)
    proxy.fault = 'none'
    await store.put('ns/b', ACTION)
  })

  it('write a document and its attachments with one request', async () => {
    const store = await entities()
    const bytes = new Uint8Array(100_000).fill(7)
    const before = proxy.seen.length
    await store.put('ns/a', ACTION, { attachments: { code: { contentType: 'text/plain', bytes } } })
    const writes = proxy.seen.slice(before).filter(({ method }) => method !== 'GET')
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([expect.stringMatching(/^PUT .*ns%2Fa$/)])
    expect(writes[0]!.bytes).toBeGreaterThan(bytes.length)
    expect(new Uint8Array((await store.readAttachment('ns/a', 'code'))!)).toEqual(bytes)
  })

  it.each([
    [500, 'file_write_error', 'enospc'],
    [507, 'insufficient_storage', 'insufficient_storage'],
    [503, 'service_unavailable', 'all_dbs_active'],
  ])('say what a server with a full disk, or too much to do, says (%i %s)', async (status, error, reason) => {
    const store = await entities()
    const { revision } = await store.put('ns/a', ACTION)
    proxy.fault = ({ method }) => (method === 'PUT' ? { status, body: { error, reason } } : 'none')
    const said = await refusal(() => store.put('ns/a', { ...ACTION, updated: 2 }, { revision }))
    expect(said).toMatch(new RegExp(`^ERR_UNAVAILABLE .*${status} ${error}: ${reason}`))
    expect((await store.get('ns/a'))?.revision).toBe(revision)
    proxy.fault = 'none'
    await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
  })

  it('ask a server that is too slow once, not again and again', async () => {
    const store = await entities({ requestTimeoutMs: 2000, retries: 4 })
    proxy.fault = 'hold'
    const before = proxy.seen.length
    expect(await refusal(() => store.count({ index: 'actions', partition: 'ns' }))).toMatch(
      /^ERR_UNAVAILABLE .*time-out/,
    )
    expect(proxy.seen).toHaveLength(before + 1)
  })

  it('use another node when one is too slow', async () => {
    const second = await start()
    const store = await entities({ url: [proxy.url, second.url], requestTimeoutMs: 2000 })
    await store.put('ns/a', ACTION)
    proxy.fault = 'hold'
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
  })

  it('read and write while views are built, and list when they are', async () => {
    const store = await entities({ requestTimeoutMs: 3000 })
    const records = await activations({ requestTimeoutMs: 3000 })
    proxy.fault = ({ path }) => (path.includes('/_view/') ? 'hold' : 'none')
    const { revision } = await store.put('ns/a', ACTION)
    await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect((await store.get('ns/a'))?.document['updated']).toBe(2)
    expect(await records.put(sampleRecord(1))).toBe('stored')
    expect(await records.get('ns', sampleRecord(1).activationId)).toBeDefined()
    expect(await refusal(() => store.list({ index: 'actions', partition: 'ns' }))).toContain('time-out')
    expect(await refusal(() => records.count({ namespace: 'ns' }))).toContain('time-out')
    proxy.fault = 'none'
    expect(await store.list({ index: 'actions', partition: 'ns' })).toMatchObject([{ id: 'ns/a', order: 2 }])
    expect(await records.count({ namespace: 'ns' })).toBe(1)
  })

  it('know a revision by the document, not by what one node lists', async () => {
    const store = await entities()
    const { revision } = await store.put('ns/a', ACTION)
    proxy.fault = ({ path }) => (path.includes('_all_docs') ? { status: 200, body: { rows: [] } } : 'none')
    const { revision: second } = await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect(await refusal(() => store.put('ns/a', ACTION, { revision }))).toMatch(/^ERR_CONFLICT/)
    expect(await refusal(() => store.put('ns/never', ACTION, { revision: second }))).toMatch(/^ERR_CONFLICT/)
  })

  it('store what CouchDB can, of records that it cannot read, and the others as they are', async () => {
    const store = await activations()
    // As CouchDB does with what is JSON and no UTF-8.
    proxy.fault = ({ path }, body) =>
      path.includes('_bulk_docs') && /\\ud800|poison/.test(body.toString())
        ? { status: 400, body: { error: 'bad_request', reason: 'invalid UTF-8 JSON' } }
        : 'none'
    const records = sampleRecords(9)
    records[2] = sampleRecord(2, { logs: ['half a pair: \ud800.'] })
    records[4] = sampleRecord(4, { logs: ['poison'] })
    const outcomes = await Promise.allSettled(records.map((record) => store.put(record)))
    expect(outcomes.map(({ status }) => status)).toEqual(
      records.map((_, index) => (index === 4 ? 'rejected' : 'fulfilled')),
    )
    // Whoever stores records answers this with a smaller one.
    expect(outcomes[4]).toMatchObject({ reason: { code: 'ERR_TOO_LARGE' } })
    expect((await store.get('ns', records[2].activationId))?.logs).toEqual(['half a pair: \ufffd.'])
  })

  it('wait as long as a busy server asks for', async () => {
    const store = await entities({ retries: 3 })
    let refused = 0
    proxy.fault = ({ method }) => {
      if (method !== 'PUT' || refused++ > 1) return 'none'
      return { status: 429, headers: { 'retry-after': '0' } }
    }
    await store.put('ns/a', ACTION)
    expect(refused).toBe(3)
  })

  it('do not call what they wrote themselves somebody else’s when the answer was lost', async () => {
    const store = await activations({ retries: 3 })
    expect(await store.put(sampleRecord(0))).toBe('stored')
    let swallowed = 0
    proxy.fault = ({ path }) => (path.includes('_bulk_docs') && swallowed++ === 0 ? 'swallow' : 'none')
    const outcomes = await Promise.all(sampleRecords(20).map((record) => store.put(record)))
    expect(outcomes).toEqual(['exists', ...Array.from({ length: 19 }, () => 'stored')])
    expect(swallowed).toBe(2)
    expect(await store.count({ namespace: 'ns' })).toBe(20)
  })

  it('refuse one record that the server finds too large, and store those that travelled with it', async () => {
    const store = await activations()
    proxy.fault = ({ path, bytes }) => (path.includes('_bulk_docs') && bytes > 200_000 ? { status: 413 } : 'none')
    const records = sampleRecords(9)
    records[4] = sampleRecord(4, { logs: ['x'.repeat(300_000)] })
    const outcomes = await Promise.allSettled(records.map((record) => store.put(record)))
    expect(outcomes.map(({ status }) => status)).toEqual(
      records.map((_, index) => (index === 4 ? 'rejected' : 'fulfilled')),
    )
    expect(outcomes[4]).toMatchObject({ reason: { code: 'ERR_TOO_LARGE' } })
    expect(await store.count({ namespace: 'ns' })).toBe(8)
  })

  it('write many records with few requests, none of them too long', async () => {
    const store = await activations()
    const before = proxy.seen.length
    await Promise.all(sampleRecords(2000).map((record) => store.put(record)))
    const requests = proxy.seen.slice(before)
    expect(requests.length).toBeLessThan(20)
    const large = sampleRecords(2020)
      .slice(2000)
      .map((record) => ({ ...record, logs: ['x'.repeat(MB)] }))
    await Promise.all(large.map((record) => store.put(record)))
    expect(Math.max(...proxy.seen.map(({ bytes }) => bytes))).toBeLessThan(5 * MB)
  })

  it('tell that a database is gone instead of finding nothing', async () => {
    const store = await entities()
    const { revision } = await store.put('ns/a', ACTION)
    await server.drop([databases.entities])
    // The nodes of a cluster hear of it one after the other.
    const gone = async (): Promise<void> =>
      expect(await refusal(() => store.get('ns/a'))).toMatch(/^ERR_UNAVAILABLE .*does not exist any more/)
    await vi.waitFor(gone, { timeout: 10_000 })
    expect(await refusal(() => store.put('ns/a', ACTION, { revision }))).toMatch(/^ERR_UNAVAILABLE .*does not exist/)
    databases = { ...databases, ...server.databases() }
  })

  it('refuse a wrong password when they open, without repeating it', async () => {
    const url = new URL(proxy.url)
    // Of nobody: servers lock out an account after some such attempts.
    url.username = 'nobody'
    url.password = 'not-the-password'
    const said = await refusal(() => entities({ url: url.href }))
    expect(said).toMatch(/^ERR_CONFIG .*username and password/)
    expect(said + lines.join()).not.toContain('not-the-password')
  })

  it('send the password once per session with cookies, and begin another when it ends', async () => {
    const store = await entities({ auth: 'cookie' })
    await store.put('ns/a', ACTION)
    const sessions = (): number => proxy.seen.filter(({ path }) => path === '/_session').length
    expect(proxy.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
    expect(sessions()).toBe(1)
    let ended = 0
    proxy.fault = ({ path }) => (path.includes('ns%2Fa') && ended++ === 0 ? { status: 401 } : 'none')
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
    expect(sessions()).toBe(2)
  })

  it('speak TLS, to servers whose certificate they know', async () => {
    const encrypted = await start({ tls: true })
    expect(await refusal(() => entities({ url: encrypted.url, retries: 0 }))).toMatch(/^ERR_UNAVAILABLE .*tls\.caFile/)
    const caFile = fileURLToPath(new URL('fixtures/tls/certificate.pem', import.meta.url))
    const store = await entities({ url: encrypted.url, tls: { caFile } })
    await store.put('ns/a', ACTION)
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
  })

  it('keep connections open', async () => {
    const store = await entities({ connections: 2 })
    await store.put('ns/a', ACTION)
    await Promise.all(Array.from({ length: 50 }, () => store.get('ns/a')))
    expect(proxy.seen.length).toBeGreaterThan(50)
    expect(proxy.connections).toBeLessThanOrEqual(3)
  })
})
