import { adapterContext, type ActivationStore, type JsonObject } from '@stemcell/core'
import { couchStores } from '@stemcell/spi-couchdb'
import { afterAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { FaultProxy } from './fault-proxy.ts'
import { listeningLogger } from './listening-logger.ts'
import { sampleRecords } from './sample-records.ts'
import { TestServer } from './test-server.ts'
import { textOf } from './text-of.ts'

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'retention on CouchDB', (address) => {
  const server = new TestServer(address)

  afterAll(() => server.drop())

  async function using(
    url: string,
    removal: 'purge' | 'delete',
    work: (store: ActivationStore, database: string, lines: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const databases = server.databases()
    const { logger, lines } = listeningLogger()
    const store = couchStores({ url, databases, removal }).activationStore.build(adapterContext({ logger }))
    await store.open()
    try {
      await work(store, databases.activations, lines)
    } finally {
      await store.close()
    }
  }

  async function info(database: string): Promise<{ readonly there: number; readonly marks: number }> {
    const { json } = await server.ask('GET', database)
    const { json: all } = await server.ask('GET', `${database}/_all_docs`)
    const there = (all['rows'] as readonly JsonObject[]).filter(({ id }) => !textOf(id).startsWith('_')).length
    return { there, marks: Number(json['doc_del_count'] ?? 0) }
  }

  it('purges: nothing of a record stays', async (test) => {
    if (!(await server.canPurge())) return skip(test, 'the server answers no _purge')
    await using(address, 'purge', async (store, database) => {
      await Promise.all(sampleRecords(250).map(async (record) => store.put(record)))
      expect(await store.expire({ before: 1200 })).toBe(200)
      expect(await info(database)).toEqual({ there: 50, marks: 0 })
      expect(await store.count({ namespace: 'ns' })).toBe(50)
    })
  })

  it('deletes when it is told to', async () => {
    await using(address, 'delete', async (store, database) => {
      await Promise.all(sampleRecords(250).map(async (record) => store.put(record)))
      expect(await store.expire({ maxPerNamespace: 50 })).toBe(200)
      expect((await info(database)).there).toBe(50)
      expect(await store.put(sampleRecords(1)[0]!)).toBe('stored')
    })
  })

  it('purges again after it was refused once, and leaves what was purged already alone', async () => {
    const proxy = await FaultProxy.start(address)
    try {
      const asked: string[][] = []
      const refused = new Set([2])
      proxy.fault = ({ path }, body) => {
        if (!path.endsWith('/_purge')) return 'none'
        const revisions = JSON.parse(body.toString()) as Record<string, string[]>
        if (refused.has(asked.push(Object.keys(revisions)))) return { status: 403 }
        // As a server does that can purge: the stand-in cannot.
        return { status: 201, body: { purge_seq: null, purged: revisions } }
      }
      await using(proxy.url, 'purge', async (store, _database, lines) => {
        await Promise.all(sampleRecords(250).map(async (record) => store.put(record)))
        const deletes = (): number => proxy.seen.filter(({ path }) => path.endsWith('/_bulk_docs')).length
        const before = deletes()
        expect(await store.expire({ before: 1200 })).toBe(200)
        expect(asked.map((ids) => ids.length)).toEqual([100, 100])
        expect(deletes()).toBe(before + 1)
        expect((await store.list({ namespace: 'ns', skip: 0, limit: 300, full: false })).length).toBe(150)
        expect(await store.expire({ before: 1100 })).toBe(100)
        expect(asked.map((ids) => ids.length)).toEqual([100, 100, 100])
        expect(deletes()).toBe(before + 1)
        expect(lines.filter((line) => line.includes('cannot be purged'))).toHaveLength(1)
      })
    } finally {
      await proxy.down()
    }
  })

  it('deletes, and says so once, where it may not purge', async () => {
    const proxy = await FaultProxy.start(address)
    try {
      proxy.fault = ({ path }) => (path.endsWith('/_purge') ? { status: 403 } : 'none')
      await using(proxy.url, 'purge', async (store, database, lines) => {
        await Promise.all(sampleRecords(20).map(async (record) => store.put(record)))
        expect(await store.expire({ before: 1005 })).toBe(5)
        expect(await store.expire({ before: 1010 })).toBe(5)
        expect((await info(database)).there).toBe(10)
        expect(lines.filter((line) => line.includes('cannot be purged'))).toHaveLength(1)
        expect(proxy.seen.filter(({ path }) => path.endsWith('/_purge'))).toHaveLength(2)
      })
    } finally {
      await proxy.down()
    }
  })
})

function skip(test: { skip(reason: string): void; readonly task: { readonly name: string } }, reason: string): void {
  process.stdout.write(`skipped retention on CouchDB, ${test.task.name}: ${reason}\n`)
  test.skip(reason)
}
