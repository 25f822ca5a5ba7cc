import { expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { sampleRecord, sampleRecords } from './sample-records.ts'
import { ACTION, refusal, StoresBehindProxy } from './stores-behind-proxy.ts'

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'the stores of a CouchDB in trouble', (address) => {
  const behind = StoresBehindProxy.use(address)

  it.each([
    [500, 'file_write_error', 'enospc'],
    [507, 'insufficient_storage', 'insufficient_storage'],
    [503, 'service_unavailable', 'all_dbs_active'],
  ])('say what a server with a full disk, or too much to do, says (%i %s)', async (status, error, reason) => {
    const store = await behind.entities()
    const { revision } = await store.put('ns/a', ACTION)
    behind.proxy.fault = ({ method }) => (method === 'PUT' ? { status, body: { error, reason } } : 'none')
    const said = await refusal(() => store.put('ns/a', { ...ACTION, updated: 2 }, { revision }))
    expect(said).toMatch(new RegExp(`^ERR_UNAVAILABLE .*${status} ${error}: ${reason}`))
    expect((await store.get('ns/a'))?.revision).toBe(revision)
    behind.proxy.fault = 'none'
    await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
  })

  it('ask a server that is too slow once, not again and again', async () => {
    const store = await behind.entities({ requestTimeoutMs: 2000, retries: 4 })
    behind.proxy.fault = 'hold'
    const before = behind.proxy.seen.length
    expect(await refusal(() => store.list({ index: 'actions', partition: 'ns' }))).toMatch(
      /^ERR_UNAVAILABLE .*time-out/,
    )
    expect(behind.proxy.seen).toHaveLength(before + 1)
  })

  it('use another node when one is too slow', async () => {
    const second = await behind.start()
    const store = await behind.entities({ url: [behind.proxy.url, second.url], requestTimeoutMs: 2000 })
    await store.put('ns/a', ACTION)
    behind.proxy.fault = 'hold'
    expect((await store.get('ns/a'))?.document).toEqual(ACTION)
  })

  it('read and write while views are built, and list when they are', async () => {
    const store = await behind.entities({ requestTimeoutMs: 3000 })
    const records = await behind.activations({ requestTimeoutMs: 3000 })
    behind.proxy.fault = ({ path }) => (path.includes('/_view/') ? 'hold' : 'none')
    const { revision } = await store.put('ns/a', ACTION)
    await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect((await store.get('ns/a'))?.document['updated']).toBe(2)
    expect(await records.put(sampleRecord(1))).toBe('stored')
    expect(await records.get('ns', sampleRecord(1).activationId)).toBeDefined()
    expect(await refusal(() => store.list({ index: 'actions', partition: 'ns' }))).toContain('time-out')
    expect(await refusal(() => records.count({ namespace: 'ns' }))).toContain('time-out')
    behind.proxy.fault = 'none'
    expect(await store.list({ index: 'actions', partition: 'ns' })).toMatchObject([{ id: 'ns/a', order: 2 }])
    expect(await records.count({ namespace: 'ns' })).toBe(1)
  })

  it('ask again when rows are cut short by an error, as CouchDB says it after it began to answer', async () => {
    const store = await behind.entities()
    const records = await behind.activations()
    await store.put('ns/a', ACTION)
    const cut = { status: 200, body: '{"total_rows":2,"offset":0,"rows":[\r\n\n{"error":"timeout","reason":"..."}\n' }
    let answers = 0
    behind.proxy.fault = ({ path }) => (path.includes('/_view/') && answers++ === 0 ? cut : 'none')
    expect(await store.list({ index: 'actions', partition: 'ns' })).toHaveLength(1)
    expect(answers).toBe(2)
    behind.proxy.fault = ({ path }) => (path.includes('/_view/') ? cut : 'none')
    expect(await refusal(() => store.list({ index: 'actions', partition: 'ns' }))).toMatch(/^ERR_UNAVAILABLE .*no JSON/)
    answers = 0
    behind.proxy.fault = ({ path }) => (path.includes('_bulk_docs') && answers++ === 0 ? cut : 'none')
    expect(await records.put(sampleRecord(1))).toBe('stored')
  })

  it('know a revision by the document, not by what one node lists', async () => {
    const store = await behind.entities()
    const { revision } = await store.put('ns/a', ACTION)
    behind.proxy.fault = ({ path }) => (path.includes('_all_docs') ? { status: 200, body: { rows: [] } } : 'none')
    const { revision: second } = await store.put('ns/a', { ...ACTION, updated: 2 }, { revision })
    expect(await refusal(() => store.put('ns/a', ACTION, { revision }))).toMatch(/^ERR_CONFLICT/)
    expect(await refusal(() => store.put('ns/never', ACTION, { revision: second }))).toMatch(/^ERR_CONFLICT/)
  })

  it('store what CouchDB can, of records that it cannot read, and the others as they are', async () => {
    const store = await behind.activations()
    // As CouchDB does with what is JSON and no UTF-8.
    behind.proxy.fault = ({ path }, body) =>
      path.includes('_bulk_docs') && /\\ud800|poison/.test(body.toString())
        ? { status: 400, body: { error: 'bad_request', reason: 'invalid UTF-8 JSON' } }
        : 'none'
    const records = sampleRecords(9)
    records[2] = sampleRecord(2, { logs: ['half a pair: \ud800.'] })
    records[4] = sampleRecord(4, { logs: ['poison'] })
    const outcomes = await Promise.allSettled(records.map(async (record) => store.put(record)))
    expect(outcomes.map(({ status }) => status)).toEqual(
      records.map((_, index) => (index === 4 ? 'rejected' : 'fulfilled')),
    )
    // Whoever stores records answers this with a smaller one.
    expect(outcomes[4]).toMatchObject({ reason: { code: 'ERR_TOO_LARGE' } })
    expect((await store.get('ns', records[2].activationId))?.logs).toEqual(['half a pair: \ufffd.'])
  })
})
