import { isPlatformError } from '@stemcell/core'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { sampleRecord, sampleRecords } from './sample-records.ts'
import { ACTION, refusal, StoresBehindProxy } from './stores-behind-proxy.ts'

const MB = 1024 ** 2

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'the stores of CouchDB', (address) => {
  const behind = StoresBehindProxy.use(address)

  it('give one of a hundred clients of many stores each revision', async () => {
    const four = await Promise.all(Array.from({ length: 4 }, () => behind.entities()))
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
    const second = await behind.start()
    const store = await behind.entities({ url: [behind.proxy.url, second.url] })
    const { revision } = await store.put('ns/a', ACTION)
    expect(second.seen).toEqual([])
    await behind.proxy.down()
    const updated = await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect((await store.get('ns/a'))?.revision).toBe(updated.revision)
    await behind.proxy.up()
    const before = behind.proxy.seen.length
    await store.get('ns/a')
    expect(behind.proxy.seen).toHaveLength(before)
    await second.down()
    expect((await store.get('ns/a'))?.revision).toBe(updated.revision)
  })

  it('open with the nodes that are there', async () => {
    const second = await behind.start()
    await behind.proxy.down()
    const store = await behind.entities({ url: [behind.proxy.url, second.url] })
    await store.put('ns/a', ACTION)
    expect(await store.count({ index: 'actions', partition: 'ns' })).toBe(1)
  })

  it('say that nobody answers, where, and after which time', async () => {
    await behind.entities()
    const store = await behind.entities({ requestTimeoutMs: 2000 })
    behind.proxy.fault = 'hold'
    const said = await refusal(() => store.get('ns/a'))
    expect(said).toContain('ERR_UNAVAILABLE')
    expect(said).toContain('127.0.0.1')
    expect(said).toContain('time-out')
    behind.proxy.fault = 'none'
    expect(await store.get('ns/a')).toBeUndefined()
    await behind.proxy.down()
    expect(await refusal(() => store.put('ns/a', ACTION))).toMatch(/^ERR_UNAVAILABLE .*does not answer/)
    expect(await refusal(() => behind.entities())).toMatch(/^ERR_UNAVAILABLE .*ECONNREFUSED/)
  })

  it('read again after an error of the server, but write an entity only once', async () => {
    const store = await behind.entities({ retries: 3 })
    await store.put('ns/a', ACTION)
    let failures = 0
    behind.proxy.fault = ({ method }) => (method === 'GET' && failures++ < 2 ? { status: 500 } : 'none')
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
    behind.proxy.fault = ({ method }) => (method === 'PUT' ? { status: 500 } : 'none')
    const before = behind.proxy.seen.length
    expect(await refusal(() => store.put('ns/b', ACTION))).toMatch(/^ERR_UNAVAILABLE .*enospc/)
    expect(behind.proxy.seen.slice(before).filter(({ method }) => method === 'PUT')).toHaveLength(1)
    behind.proxy.fault = 'none'
    await store.put('ns/b', ACTION)
  })

  it('write a document and its attachments with one request', async () => {
    const store = await behind.entities()
    const bytes = new Uint8Array(100_000).fill(7)
    const before = behind.proxy.seen.length
    await store.put('ns/a', ACTION, { attachments: { code: { contentType: 'text/plain', bytes } } })
    const writes = behind.proxy.seen.slice(before).filter(({ method }) => method !== 'GET')
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([expect.stringMatching(/^PUT .*ns%2Fa$/)])
    expect(writes[0]!.bytes).toBeGreaterThan(bytes.length)
    expect(new Uint8Array((await store.readAttachment('ns/a', 'code'))!)).toEqual(bytes)
  })

  it('wait as long as a busy server asks for', async () => {
    const store = await behind.entities({ retries: 3 })
    let refused = 0
    behind.proxy.fault = ({ method }) => {
      if (method !== 'PUT' || refused++ > 1) return 'none'
      return { status: 429, headers: { 'retry-after': '0' } }
    }
    await store.put('ns/a', ACTION)
    expect(refused).toBe(3)
  })

  it('do not call what they wrote themselves somebody else’s when the answer was lost', async () => {
    const store = await behind.activations({ retries: 3 })
    expect(await store.put(sampleRecord(0))).toBe('stored')
    let swallowed = 0
    behind.proxy.fault = ({ path }) => (path.includes('_bulk_docs') && swallowed++ === 0 ? 'swallow' : 'none')
    const outcomes = await Promise.all(sampleRecords(20).map(async (record) => store.put(record)))
    expect(outcomes).toEqual(['exists', ...Array.from({ length: 19 }, () => 'stored')])
    expect(swallowed).toBe(2)
    expect(await store.count({ namespace: 'ns' })).toBe(20)
  })

  it('refuse one record that the server finds too large, and store those that travelled with it', async () => {
    const store = await behind.activations()
    behind.proxy.fault = ({ path, bytes }) =>
      path.includes('_bulk_docs') && bytes > 200_000 ? { status: 413 } : 'none'
    const records = sampleRecords(9)
    records[4] = sampleRecord(4, { logs: ['x'.repeat(300_000)] })
    const outcomes = await Promise.allSettled(records.map(async (record) => store.put(record)))
    expect(outcomes.map(({ status }) => status)).toEqual(
      records.map((_, index) => (index === 4 ? 'rejected' : 'fulfilled')),
    )
    expect(outcomes[4]).toMatchObject({ reason: { code: 'ERR_TOO_LARGE' } })
    expect(await store.count({ namespace: 'ns' })).toBe(8)
  })

  it('write many records with few requests, none of them too long', async () => {
    const store = await behind.activations()
    const before = behind.proxy.seen.length
    await Promise.all(sampleRecords(2000).map(async (record) => store.put(record)))
    const requests = behind.proxy.seen.slice(before)
    expect(requests.length).toBeLessThan(20)
    const large = sampleRecords(2020)
      .slice(2000)
      .map((record) => ({ ...record, logs: ['x'.repeat(MB)] }))
    await Promise.all(large.map(async (record) => store.put(record)))
    expect(Math.max(...behind.proxy.seen.map(({ bytes }) => bytes))).toBeLessThan(5 * MB)
  })

  it('tell that a database is gone instead of finding nothing', async () => {
    const store = await behind.entities()
    const { revision } = await store.put('ns/a', ACTION)
    await behind.server.drop([behind.databases.entities])
    // The nodes of a cluster hear of it one after the other.
    const gone = async (): Promise<void> =>
      expect(await refusal(() => store.get('ns/a'))).toMatch(/^ERR_UNAVAILABLE .*does not exist any more/)
    await vi.waitFor(gone, { timeout: 10_000 })
    expect(await refusal(() => store.put('ns/a', ACTION, { revision }))).toMatch(/^ERR_UNAVAILABLE .*does not exist/)
  })

  it('refuse a wrong password when they open, without repeating it', async () => {
    const url = new URL(behind.proxy.url)
    // Of nobody: servers lock out an account after some such attempts.
    url.username = 'nobody'
    url.password = 'not-the-password'
    const said = await refusal(() => behind.entities({ url: url.href }))
    expect(said).toMatch(/^ERR_CONFIG .*username and password/)
    expect(said + behind.logger.lines.join()).not.toContain('not-the-password')
  })

  it('send the password once per session with cookies, and begin another when it ends', async () => {
    const store = await behind.entities({ auth: 'cookie' })
    await store.put('ns/a', ACTION)
    const sessions = (): number => behind.proxy.seen.filter(({ path }) => path === '/_session').length
    expect(behind.proxy.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
    expect(sessions()).toBe(1)
    let ended = 0
    behind.proxy.fault = ({ path }) => (path.includes('ns%2Fa') && ended++ === 0 ? { status: 401 } : 'none')
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
    expect(sessions()).toBe(2)
  })

  it('speak TLS, to servers whose certificate they know', async () => {
    const encrypted = await behind.start({ tls: true })
    expect(await refusal(() => behind.entities({ url: encrypted.url, retries: 0 }))).toMatch(
      /^ERR_UNAVAILABLE .*tls\.caFile/,
    )
    const caFile = fileURLToPath(new URL('../../../test/tls/certificate.pem', import.meta.url))
    const store = await behind.entities({ url: encrypted.url, tls: { caFile } })
    await store.put('ns/a', ACTION)
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
  })

  it('keep connections open', async () => {
    const store = await behind.entities({ connections: 2 })
    await store.put('ns/a', ACTION)
    await Promise.all(Array.from({ length: 50 }, () => store.get('ns/a')))
    expect(behind.proxy.seen.length).toBeGreaterThan(50)
    expect(behind.proxy.connections).toBeLessThanOrEqual(3)
  })
})
