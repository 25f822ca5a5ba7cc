import { adapterContext, isPlatformError, type JsonObject, type Lifecycle } from '@stemcell/core'
import { couchStores, type CouchStoresOptions } from '@stemcell/spi-couchdb'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { DESIGNS } from './fixtures/openwhisk-documents.ts'
import { FaultProxy } from './fault-proxy.ts'
import { listeningLogger } from './listening-logger.ts'
import { TestServer } from './test-server.ts'
import { textOf } from './text-of.ts'

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'a database of CouchDB', (url) => {
  const server = new TestServer(url)
  const { logger, lines } = listeningLogger()
  const context = adapterContext({ logger })
  let databases: ReturnType<TestServer['databases']>

  beforeEach(() => {
    databases = server.databases()
    lines.length = 0
  })

  afterEach(() => server.drop(Object.values(databases)))
  afterAll(() => server.drop())

  function stores(options: Partial<CouchStoresOptions> = {}): readonly Lifecycle[] {
    const { entityStore, subjectStore, activationStore } = couchStores({ url, databases, ...options })
    return [entityStore.build(context), subjectStore.build(context), activationStore.build(context)]
  }

  async function openAll(options: Partial<CouchStoresOptions> = {}): Promise<void> {
    for (const store of stores(options)) {
      try {
        await store.open()
      } finally {
        await store.close()
      }
    }
  }

  async function designs(database: string): Promise<Record<string, JsonObject>> {
    const query = '_all_docs?include_docs=true&startkey="_design/"&endkey="_design0"'
    const { json } = await server.ask('GET', `${database}/${query}`)
    const rows = json['rows'] as readonly JsonObject[]
    return Object.fromEntries(rows.map(({ id, doc }) => [textOf(id).slice('_design/'.length), doc as JsonObject]))
  }

  async function refusal(action: () => Promise<unknown>): Promise<string> {
    const error: unknown = await action().catch((caught: unknown) => caught)
    if (!isPlatformError(error, 'ERR_CONFIG')) throw new Error(`not refused: ${String(error)}`)
    return error.message
  }

  it('is made with the design documents of OpenWhisk', async () => {
    await openAll()
    expect(Object.keys(await designs(databases.entities))).toEqual(['snapshotFilters', 'stemcell', 'whisks.v2.1.0'])
    expect(Object.keys(await designs(databases.subjects))).toEqual([
      'namespaceThrottlings',
      'snapshotFilters',
      'subjects.v2.0.0',
    ])
    const ofActivations = await designs(databases.activations)
    expect(Object.keys(ofActivations)).toEqual([
      'activations',
      'logCleanup',
      'snapshotFilters',
      'stemcell',
      'whisks-filters.v2.1.1',
      'whisks.v2.1.0',
    ])
    expect(lines.filter((line) => line.includes('database created'))).toHaveLength(3)
  })

  it('is made once, however many begin at the same time', async () => {
    const many = Array.from({ length: 8 }, () => stores()[0]!)
    await Promise.all(many.map((store) => store.open()))
    await Promise.all(many.map((store) => store.close()))
    const { 'whisks.v2.1.0': design } = await designs(databases.entities)
    expect(design?.['_rev']).toMatch(/^1-/)
  })

  it('is made though others make it at the same time and the server says that it failed', async () => {
    const proxy = await FaultProxy.start(url)
    try {
      let failures = 0
      const body = { error: 'error', reason: 'internal_server_error' }
      proxy.fault = ({ method, path }) =>
        method === 'PUT' && path === `/${databases.entities}` && failures++ < 2 ? { status: 500, body } : 'none'
      const [entities] = stores({ url: proxy.url })
      await entities!.open()
      await entities!.close()
      expect(failures).toBe(3)
    } finally {
      await proxy.down()
    }
  })

  it.each([429, 500, 503])('is made though the server answers %i to each request at first', async (status) => {
    const proxy = await FaultProxy.start(url)
    try {
      const failed = new Set<string>()
      proxy.fault = ({ method, path }) => {
        const request = `${method} ${path}`
        if (failed.has(request)) return 'none'
        failed.add(request)
        return { status, headers: { 'retry-after': '0' } }
      }
      await openAll({ url: proxy.url })
      expect([...failed].filter((request) => request.startsWith('PUT ') && request.includes('_design'))).toHaveLength(
        12,
      )
      expect(Object.keys(await designs(databases.subjects))).toContain('subjects.v2.0.0')
    } finally {
      await proxy.down()
    }
  })

  it('is made though the answer to each write is lost', async () => {
    const proxy = await FaultProxy.start(url)
    try {
      const lost = new Set<string>()
      proxy.fault = ({ method, path }) =>
        method === 'PUT' && !lost.has(path) && lost.add(path).size > 0 ? 'swallow' : 'none'
      const [entities] = stores({ url: proxy.url })
      await entities!.open()
      await entities!.close()
      expect(lost.size).toBe(4)
      expect(Object.keys(await designs(databases.entities))).toEqual(['snapshotFilters', 'stemcell', 'whisks.v2.1.0'])
    } finally {
      await proxy.down()
    }
  })

  it('is prepared by the next node when one answers, but no design documents', async () => {
    const [first, second] = [await FaultProxy.start(url), await FaultProxy.start(url)]
    try {
      first.fault = ({ path }) => (path.includes('_design') ? { status: 500 } : 'none')
      await openAll({ url: [first.url, second.url], retries: 0 })
      expect(second.seen.some(({ method, path }) => method === 'PUT' && path.includes('_design'))).toBe(true)
    } finally {
      await Promise.all([first.down(), second.down()])
    }
  })

  it('that may not be written lacks what only makes it quicker', async () => {
    await openAll()
    const own = `${databases.activations}/_design/stemcell`
    const { json } = await server.ask('GET', own)
    await server.ask('DELETE', `${own}?rev=${textOf(json['_rev'])}`)
    await openAll({ readonlyDesign: true })
    expect(Object.keys(await designs(databases.activations))).not.toContain('stemcell')
  })

  it('that is partitioned is refused: its documents would need other ids', async () => {
    const proxy = await FaultProxy.start(url)
    try {
      proxy.fault = { status: 200, body: { db_name: databases.entities, props: { partitioned: true } } }
      expect(await refusal(() => openAll({ url: proxy.url }))).toMatch(/is partitioned/)
    } finally {
      await proxy.down()
    }
  })

  it('is not touched when everything is there', async () => {
    await openAll()
    const before = await designs(databases.entities)
    await openAll()
    expect(await designs(databases.entities)).toEqual(before)
  })

  it('gets the views that it lacks, and the log says so', async () => {
    const [whisks] = DESIGNS.entities
    const { rules: _, ...others } = whisks!['views'] as JsonObject
    await server.fill(databases.entities, [{ ...whisks, views: { ...others, mine: { map: 'function () {}' } } }])
    await stores()[0]!.open()
    const { 'whisks.v2.1.0': design } = await designs(databases.entities)
    expect(Object.keys(design!['views'] as JsonObject).sort()).toEqual([
      'actions',
      'mine',
      'packages',
      'packages-public',
      'rules',
      'triggers',
    ])
    expect(lines.find((line) => line.includes('design document written'))).toContain('view rules')
  })

  it('is only looked at with readonlyDesign, and the refusal names what is missing', async () => {
    const readonlyDesign = true
    expect(await refusal(() => openAll({ readonlyDesign }))).toContain(
      `database '${databases.entities}' does not exist`,
    )
    expect((await server.ask('GET', databases.entities)).status).toBe(404)
    const [whisks] = DESIGNS.entities
    await server.fill(databases.entities, [whisks!])
    await server.fill(databases.subjects, [DESIGNS.subjects[0]!])
    const said = await refusal(() => openAll({ readonlyDesign }))
    expect(said).toContain('namespaceThrottlings')
    expect(said).toContain('stemcell admin db migrate')
    expect(Object.keys(await designs(databases.subjects))).toEqual(['subjects.v2.0.0'])
  })

  it('of a newer version is refused and left as it is', async () => {
    await openAll()
    const path = `${databases.entities}/_design/whisks.v2.1.0`
    const { json } = await server.ask('GET', path)
    await server.ask('PUT', path, { ...json, stemcell: { design: 99 } })
    expect(await refusal(() => openAll())).toMatch(/whisks\.v2\.1\.0 was written by a newer version \(design 99\)/)
  })
})
