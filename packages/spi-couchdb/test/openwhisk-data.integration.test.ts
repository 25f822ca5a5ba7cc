import {
  adapterContext,
  assemble,
  memoryContainers,
  type EmbeddedClient,
  type EmbeddedResponse,
  type JsonObject,
  type Platform,
} from '@stemcell/core'
import { couchStores } from '@stemcell/spi-couchdb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import * as fixture from './fixtures/openwhisk-documents.ts'
import { assertOpenWhiskReads } from './fixtures/openwhisk-readers.ts'
import { TestServer } from './test-server.ts'
import { textOf } from './text-of.ts'

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'databases of an OpenWhisk installation', (url) => {
  const server = new TestServer(url)
  const databases = server.databases()
  const stores = couchStores({ url, databases })
  let platform: Platform
  let acme: EmbeddedClient

  beforeAll(async () => {
    await server.fill(databases.subjects, [...fixture.DESIGNS.subjects, ...fixture.SUBJECTS])
    await server.fill(databases.entities, [...fixture.DESIGNS.entities, ...fixture.ENTITIES])
    await server.fill(databases.activations, [...fixture.DESIGNS.activations, ...fixture.ACTIVATIONS])
    await attachLargeCode()
    platform = await assemble({
      ...stores,
      containers: memoryContainers(),
      retention: false,
      parameterEncryption: {
        current: 'off',
        keys: { 'aes-128': [fixture.CIPHER_KEYS['aes-128']], 'aes-256': [fixture.CIPHER_KEYS['aes-256']] },
      },
    })
    acme = await platform.client('acme')
  })

  afterAll(async () => {
    await platform?.close()
    await server.drop()
  })

  /** OpenWhisk's way: the document first, then the attachment with its revision. */
  async function attachLargeCode(): Promise<void> {
    const { name, text } = fixture.LARGE_CODE
    const id = encodeURIComponent('acme/large')
    const { json } = await server.ask('GET', `${databases.entities}/${id}`)
    const stub = { content_type: 'text/plain', data: Buffer.from(text).toString('base64') }
    const attached = { ...json, _attachments: { [name]: stub } }
    expect((await server.ask('PUT', `${databases.entities}/${id}`, attached)).status).toBeLessThan(300)
  }

  async function get(path: string): Promise<EmbeddedResponse> {
    const response = await acme.request('GET', path)
    expect(response.status, path).toBe(200)
    return response
  }

  async function names(path: string): Promise<string[]> {
    const rows = (await get(path)).body as JsonObject[]
    return rows.map(({ namespace, name }) => `${textOf(namespace)}/${textOf(name)}`).sort()
  }

  async function result(action: string, parameters: JsonObject = {}): Promise<unknown> {
    const { body } = await acme.request('POST', `actions/${action}?blocking=true&result=true`, parameters)
    return body
  }

  it('let its subjects in, and keep out those that it blocks', async () => {
    const subjects = stores.subjectStore.build(adapterContext())
    await subjects.open()
    const blocked = await subjects.list({ index: 'blocked-namespaces', partition: '' })
    expect(blocked.map(({ value }) => textOf(value)).sort()).toEqual(['blocked', 'idle'])
    const [identity] = await subjects.list({ index: 'identities', partition: `${fixture.UUID}:${fixture.KEY}` })
    expect(identity).toMatchObject({ id: 'acmesubject', value: { namespace: 'acme', uuid: fixture.UUID } })
    await subjects.close()
    await expect(platform.client('blocked')).rejects.toThrow()
  })

  it('list everything, old forms included', async () => {
    const actions = ['both', 'count', 'image', 'large', 'oldsequence', 'secret', 'ancient'].map(
      (name) => `acme/${name}`,
    )
    expect(await names('actions?limit=200')).toEqual([...actions, 'acme/utils/split'].sort())
    expect(await names('triggers')).toEqual(['acme/tick'])
    expect(await names('rules')).toEqual(['acme/oldRule', 'acme/onTick'])
    expect(await names('packages')).toEqual(['acme/bound', 'acme/utils'])
  })

  it('show each entity', async () => {
    for (const entity of fixture.ENTITIES) {
      const kind =
        'exec' in entity ? 'actions' : 'binding' in entity ? 'packages' : 'trigger' in entity ? 'rules' : 'triggers'
      const path = textOf(entity['_id']).slice('acme/'.length)
      const shown = (await get(`${kind}/${path}`)).body as JsonObject
      expect(shown).toMatchObject({ namespace: entity['namespace'], name: entity['name'] })
    }
  })

  it('run its actions: inlined code, an attachment, plain text, sequences, a binding', async () => {
    expect(await result('utils/split', { text: 'a,b' })).toEqual({ parts: ['a', 'b'] })
    expect(await result('bound/split', { text: 'a,b' })).toEqual({ parts: ['a', 'b'] })
    expect(await result('large')).toEqual({ large: true })
    expect(await result('ancient')).toEqual({ ancient: true })
    expect(await result('oldsequence')).toEqual({ ancient: true })
    expect(await result('both', { text: 'a,b,c' })).toEqual({ count: 3 })
  })

  it('give actions their encrypted parameters in clear', async () => {
    expect(await result('secret')).toEqual({ a: 'one', b: { two: 2 }, c: 'plain' })
  })

  it('fire its triggers', async () => {
    const { status, body } = await acme.request('POST', 'triggers/tick', {})
    expect(status).toBe(202)
    expect(body).toHaveProperty('activationId')
  })

  it('show and filter its activation records', async () => {
    const { body } = await get(`activations/${fixture.idOf(1)}`)
    expect(body).toMatchObject({ name: 'split', duration: 31, response: { result: { parts: ['a', 'b'] } } })
    expect((await get(`activations/${fixture.idOf(3)}`)).body).toMatchObject({ duration: 10 })
    const listed = async (query: string): Promise<unknown[]> =>
      ((await get(`activations?upto=1700000000999&${query}`)).body as JsonObject[]).map(
        ({ activationId }) => activationId,
      )
    expect(await listed('')).toEqual([2, 1, 3].map(fixture.idOf))
    expect(await listed('name=bound%2Fsplit')).toEqual([fixture.idOf(1)])
    expect(await listed('docs=true&limit=1')).toEqual([fixture.idOf(2)])
    expect((await get('activations?count=true&upto=1700000000999')).body).toMatchObject({ activations: 3 })
  })

  it('keep its design documents as they are', async () => {
    for (const part of ['entities', 'subjects', 'activations'] as const) {
      for (const { _id: id, ...design } of fixture.DESIGNS[part]) {
        const { json } = await server.ask('GET', `${databases[part]}/${textOf(id)}`)
        expect(json).toMatchObject(design)
        expect(textOf(json['_rev'])).toMatch(/^1-/)
      }
    }
  })

  it('get documents that OpenWhisk reads', async () => {
    const code = `function main() { return { a: 1 } } // ${'x'.repeat(20_000)}`
    const put = async (path: string, body: JsonObject): Promise<void> => {
      const response = await acme.request('PUT', `${path}?overwrite=true`, body)
      expect(response).toMatchObject({ status: 200 })
    }
    await put('packages/new', { parameters: [{ key: 'a', value: 1 }] })
    await put('packages/new-bound', { binding: { namespace: 'acme', name: 'new' } })
    await put('actions/new/small', { exec: { kind: 'nodejs:default', code: 'function main() { return { a: 1 } }' } })
    await put('actions/new/long', { exec: { kind: 'nodejs:20', code } })
    await put('actions/new/long', { exec: { kind: 'nodejs:20', code: code + code } })
    await put('actions/new/long', { annotations: [{ key: 'k', value: 1 }] })
    await put('actions/large', { parameters: [{ key: 'k', value: 1 }] })
    await put('actions/new/both', { exec: { kind: 'sequence', components: ['/_/new/small', '/_/new/long'] } })
    await put('triggers/newTrigger', {})
    await put('rules/newRule', { trigger: '/_/newTrigger', action: '/_/new/small' })
    expect(await result('new/both')).toEqual({ a: 1 })
    const written = ['new', 'new-bound', 'new/small', 'new/long', 'large', 'new/both', 'newTrigger', 'newRule']
    for (const name of written) {
      const { json } = await server.ask('GET', `${databases.entities}/${encodeURIComponent(`acme/${name}`)}`)
      assertOpenWhiskReads(json)
    }
    const { json } = await server.ask('GET', `${databases.activations}/_all_docs?include_docs=true`)
    const records = (json['rows'] as JsonObject[]).map(({ doc }) => doc as JsonObject).filter(({ updated }) => updated)
    expect(records.length).toBeGreaterThan(3)
    for (const document of records) assertOpenWhiskReads(document)
  })
})
