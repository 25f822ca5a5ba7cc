import { activationText, adapterContext, isPlatformError, type Activation, type ActivationStore } from '@stemcell/core'
import { couchStores, type CouchStoresOptions } from '@stemcell/spi-couchdb'
import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { startTimeOf } from '../src/activations/process-identity.ts'
import { FaultProxy } from './fault-proxy.ts'
import { sampleRecord, sampleRecords } from './sample-records.ts'
import { TestServer } from './test-server.ts'

const OUTAGE_MS = 20_000
const SENDERS = 50
const PATIENCE = { timeout: 30_000, interval: 20 }

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'activation records while CouchDB is down', (address) => {
  const server = new TestServer(address)
  const context = adapterContext()
  let proxy: FaultProxy
  let dir: string
  let databases: ReturnType<TestServer['databases']>
  const opened: ActivationStore[] = []

  beforeEach(async () => {
    proxy = await FaultProxy.start(address)
    dir = await mkdtemp(join(tmpdir(), 'stemcell-spill-'))
    databases = server.databases()
  })

  afterEach(async () => {
    await proxy.down()
    for (const store of opened.splice(0)) await store.close()
    await server.drop(Object.values(databases))
    await rm(dir, { recursive: true })
  })

  afterAll(() => server.drop())

  async function open(options: Partial<CouchStoresOptions> = {}): Promise<ActivationStore> {
    const spill = { dir: join(dir, 'spill') }
    const settings = { url: proxy.url, databases, spill, retries: 1, ...options }
    const store = couchStores(settings).activationStore.build(context)
    await store.open()
    opened.push(store)
    return store
  }

  async function files(): Promise<string[]> {
    return (await readdir(join(dir, 'spill'))).filter((name) => name.startsWith('records-'))
  }

  async function holds(store: ActivationStore, records: readonly Activation[]): Promise<void> {
    const listed = await store.list({ namespace: 'ns', skip: 0, limit: records.length + 10, full: true })
    const text = (list: readonly Activation[]): string[] => list.map(plain).sort()
    expect(text(listed)).toEqual(text(records))
  }

  it('are kept on the disk, found there, and stored as soon as it is back', async () => {
    const store = await open()
    const [before, during] = [sampleRecords(700).slice(0, 100), sampleRecords(700).slice(100)]
    await Promise.all(before.map(async (record) => store.put(record)))
    await proxy.down()
    const outcomes = await Promise.all(during.map(async (record) => store.put(record)))
    expect(new Set(outcomes)).toEqual(new Set(['stored']))
    expect(await store.put(during[0]!)).toBe('exists')
    expect(plain((await store.get('ns', during[5]!.activationId))!)).toBe(plain(during[5]!))
    await expect(store.list({ namespace: 'ns', skip: 0, limit: 1, full: false })).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
    })
    await proxy.up()
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    await holds(store, [...before, ...during])
  })

  it('are listed at once when it is back, even if they are still on the disk', async () => {
    const store = await open()
    await proxy.down()
    await Promise.all(sampleRecords(50).map(async (record) => store.put(record)))
    await proxy.up()
    await holds(store, sampleRecords(50))
    expect(await store.count({ namespace: 'ns' })).toBe(50)
  })

  it('survive the process: whoever opens the folder next stores them', async () => {
    const first = await open()
    await proxy.down()
    await Promise.all(sampleRecords(30).map((record) => store(first, record)))
    await first.close()
    expect(await files()).toHaveLength(1)
    await proxy.up()
    const next = await open()
    await holds(next, sampleRecords(30))
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
  })

  it('that were written by halves or damaged do not keep the others back', async () => {
    const first = await open()
    await proxy.down()
    await Promise.all(sampleRecords(3).map((record) => store(first, record)))
    await first.close()
    const file = join(dir, 'spill', (await files())[0]!)
    await appendFile(file, 'no json\n{"_id":"ns/half","activ')
    await proxy.up()
    const next = await open()
    await holds(next, sampleRecords(3))
    await vi.waitUntil(() => existsSync(`${file}.damaged`), PATIENCE)
  })

  it('wait with their senders when the folder is full, and nothing that was accepted is lost', async () => {
    const records = sampleRecords(40).map((record) => ({ ...record, logs: ['x'.repeat(60_000)] }))
    const store = await open({ spill: { dir: join(dir, 'spill'), maxBytes: 1024 ** 2 } })
    await proxy.down()
    const outcomes: PromiseSettledResult<unknown>[] = []
    for (const record of records) outcomes.push(...(await Promise.allSettled([store.put(record)])))
    const accepted = records.filter((_, index) => outcomes[index]!.status === 'fulfilled')
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(accepted.length).toBeGreaterThan(10)
    expect(refused.length).toBeGreaterThan(10)
    expect(refused.every(({ reason }) => isPlatformError(reason, 'ERR_UNAVAILABLE'))).toBe(true)
    const used = await Promise.all((await files()).map(async (name) => (await stat(join(dir, 'spill', name))).size))
    expect(used.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1024 ** 2)
    await proxy.up()
    await holds(store, accepted)
    for (const record of records) await store.put(record)
    await holds(store, records)
  })

  it('are refused without a folder, after the retries', async () => {
    const plainStore = couchStores({ url: proxy.url, databases, retries: 2 }).activationStore.build(context)
    await plainStore.open()
    opened.push(plainStore)
    await proxy.down()
    await expect(plainStore.put(sampleRecord(1))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', retryable: true })
    await proxy.up()
    expect(await plainStore.put(sampleRecord(1))).toBe('stored')
  })

  it('are kept on the disk when the disk of the server is full', async () => {
    const store = await open()
    proxy.fault = ({ path }) => (path.includes('_bulk_docs') ? { status: 500 } : 'none')
    expect(await store.put(sampleRecord(1))).toBe('stored')
    expect(await files()).toHaveLength(1)
    proxy.fault = 'none'
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    await holds(store, [sampleRecord(1)])
  })

  it('are held within bounds, and none is lost, when it is away for long under load', async () => {
    const maxBytes = 2 * 1024 ** 2
    const store = await open({ retries: 0, spill: { dir: join(dir, 'spill'), maxBytes } })
    const logs = ['x'.repeat(2000)]
    const told: Activation[] = []
    let next = 0
    let isOver = false
    let waiting = 0
    /** Does what a platform does: a record that is not taken is tried again, and nobody is told of it. */
    const sender = async (): Promise<void> => {
      while (!isOver) {
        const record = sampleRecord(next++, { logs })
        for (let pauseMs = 20; ; pauseMs = Math.min(1000, pauseMs * 2)) {
          const outcome = await Promise.resolve(store.put(record)).catch((error: unknown) => error)
          if (outcome === 'stored') break
          expect(isPlatformError(outcome, 'ERR_UNAVAILABLE'), String(outcome)).toBe(true)
          waiting++
          await context.clock.sleep(pauseMs)
          waiting--
        }
        told.push(record)
      }
    }
    const senders = Array.from({ length: SENDERS }, sender)
    await vi.waitUntil(() => told.length > 100, PATIENCE)
    await proxy.down()
    const sizes: number[] = []
    const until = performance.now() + OUTAGE_MS
    await vi.waitUntil(
      async () => {
        const names = await readdir(join(dir, 'spill'))
        const each = await Promise.all(names.map(async (name) => (await stat(join(dir, 'spill', name))).size))
        sizes.push(each.reduce((sum, size) => sum + size, 0))
        return performance.now() > until
      },
      { timeout: OUTAGE_MS + 30_000, interval: 200 },
    )
    expect(Math.max(...sizes)).toBeGreaterThan(maxBytes / 2)
    // With the file that says whose folder it is.
    expect(Math.max(...sizes)).toBeLessThan(maxBytes + 1024)
    // The folder is full: everybody waits, and nothing grows any more.
    await vi.waitUntil(() => waiting === SENDERS, PATIENCE)
    expect(next - told.length).toBe(SENDERS)
    await proxy.up()
    const before = told.length
    await vi.waitUntil(() => told.length > before + SENDERS, PATIENCE)
    isOver = true
    await Promise.all(senders)
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    await holds(store, told)
    expect(await store.count({ namespace: 'ns' })).toBe(told.length)
  })

  it('that the server refuses for good are put aside, where they do not keep the others back', async () => {
    const store = await open()
    await proxy.down()
    await Promise.all(sampleRecords(5).map(async (record) => store.put(record)))
    await proxy.up()
    const refused = sampleRecord(3).activationId
    proxy.fault = ({ path }, body) =>
      path.includes('_bulk_docs') && body.includes(refused)
        ? { status: 413, body: { error: 'document_too_large' } }
        : 'none'
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    await holds(
      store,
      sampleRecords(5).filter(({ activationId }) => activationId !== refused),
    )
    const aside = (await readFile(join(dir, 'spill', 'refused.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(aside.map((line) => (JSON.parse(line) as { _id: string })._id)).toEqual([`ns/${refused}`])
  })

  it('replace their provisional ones once they are stored', async () => {
    const store = await open()
    await store.putProvisional('controller0', sampleRecord(1))
    await proxy.down()
    expect(await store.put(sampleRecord(1))).toBe('stored')
    await proxy.up()
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    expect(await store.owners()).toEqual([])
    await holds(store, [sampleRecord(1)])
  })

  it('wait on the disk as provisional ones, and the next process that opens the folder finalizes them', async () => {
    const first = await open()
    const [known, cutShort, ended, elsewhere] = sampleRecords(4)
    await first.putProvisional('controller0', known!)
    await proxy.down()
    for (const record of [cutShort!, ended!, elsewhere!]) await first.putProvisional('controller0', record)
    await first.putProvisional('invoker0', { ...cutShort!, logs: ['the later one counts'] })
    expect(await first.put(ended!)).toBe('stored')
    await first.discardProvisional('controller0', elsewhere!.namespace, elsewhere!.activationId)
    await first.discardProvisional('controller0', known!.namespace, known!.activationId)
    await first.close()
    await proxy.up()
    const next = await open()
    expect(await next.finalizeOrphans('controller0')).toBe(0)
    expect(await next.owners()).toEqual(['invoker0'])
    expect(await next.finalizeOrphans('invoker0')).toBe(1)
    expect(await next.owners()).toEqual([])
    await holds(next, [{ ...cutShort!, logs: ['the later one counts'] }, ended!])
  })

  it('come and go with the server under load, and each is there once', async () => {
    const store = await open()
    const records: Activation[] = []
    let isOver = false
    const puts = (async () => {
      while (!isOver) {
        const some = Array.from({ length: 5 }, (_, index) => sampleRecord(records.length + index))
        records.push(...some)
        await Promise.all(some.map(async (record) => store.put(record)))
      }
    })()
    for (let outage = 0; outage < 3; outage++) {
      const seen = proxy.seen.length
      await vi.waitUntil(() => proxy.seen.length > seen + 3, PATIENCE)
      await proxy.down()
      await vi.waitUntil(async () => (await files()).length > 0, PATIENCE)
      await proxy.up()
    }
    isOver = true
    await puts
    await holds(store, records)
    expect(await store.count({ namespace: 'ns' })).toBe(records.length)
  })

  it('are on the disk in time when the server hangs, and what comes then does not wait for it at all', async () => {
    const afterMs = 400
    const store = await open({ retries: 4, spill: { dir: join(dir, 'spill'), afterMs } })
    const [known, ended, waiting] = sampleRecords(3)
    await store.putProvisional('controller0', known!)
    proxy.fault = 'hold'
    const took = async (what: unknown): Promise<number> => {
      const began = performance.now()
      await what
      return performance.now() - began
    }
    const first = await Promise.all([took(store.put(ended!)), took(store.putProvisional('controller0', waiting!))])
    // With room for a busy machine, and far from the 30 s that an answer may take otherwise.
    expect(Math.max(...first)).toBeLessThan(afterMs + 3000)
    const asked = proxy.seen.filter(({ path }) => !path.includes('_bulk_docs')).length
    expect(await store.put(known!)).toBe('stored')
    for (const record of sampleRecords(30).slice(10)) {
      await store.putProvisional('controller0', record)
      expect(await store.put(record)).toBe('stored')
      await store.discardProvisional('controller0', record.namespace, record.activationId)
    }
    expect(proxy.seen.filter(({ path }) => !path.includes('_bulk_docs'))).toHaveLength(asked)
    proxy.fault = 'none'
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    await holds(store, [known!, ended!, ...sampleRecords(30).slice(10)])
    expect(await store.finalizeOrphans('controller0')).toBe(1)
    expect(await store.owners()).toEqual([])
  })

  it('are stored even if their provisional ones cannot be removed in time', async () => {
    const store = await open({ spill: { dir: join(dir, 'spill'), afterMs: 400 } })
    await store.putProvisional('controller0', sampleRecord(1))
    proxy.fault = ({ path }) => (path.includes('provisional') ? 'hold' : 'none')
    expect(await store.put(sampleRecord(1))).toBe('stored')
    proxy.fault = 'none'
    await vi.waitUntil(async () => (await files()).length === 0, PATIENCE)
    expect(await store.owners()).toEqual([])
    await holds(store, [sampleRecord(1)])
  })

  it('go to the next node of a cluster before they go to the disk', async () => {
    const second = await FaultProxy.start(address)
    const store = await open({ url: [proxy.url, second.url], spill: { dir: join(dir, 'spill'), afterMs: 2000 } })
    proxy.fault = 'hold'
    expect(await store.put(sampleRecord(1))).toBe('stored')
    expect(await files()).toHaveLength(0)
    await store.close()
    await second.down()
  })

  it('are of one process: a folder in use is refused, one left behind is taken over', async () => {
    await open()
    await expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('spill.dir') })
    const other = join(dir, 'other')
    await couchOnce(other)
    const lock = join(other, 'stemcell.pid')
    await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
    await couchOnce(other)
    // The number is another process's by now.
    await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname(), startTime: '1' }))
    await couchOnce(other)
    const startTime = startTimeOf(process.ppid)
    await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname(), startTime }))
    await expect(couchOnce(other)).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.ppid}`),
    })
    await rm(lock)
  })

  async function couchOnce(folder: string): Promise<void> {
    const once = couchStores({ url: proxy.url, databases, spill: { dir: folder } }).activationStore.build(context)
    await once.open()
    await once.close()
  }
})

async function store(into: ActivationStore, record: Activation): Promise<unknown> {
  return into.put(record)
}

/** Without what the server may write in another way: blanks of a result. */
function plain(record: Activation): string {
  return (
    activationText({ ...record, response: { ...record.response, result: undefined! } }) +
    JSON.stringify(record.response.result)
  )
}
