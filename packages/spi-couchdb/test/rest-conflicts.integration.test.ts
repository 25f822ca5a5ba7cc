import { assemble, memoryContainers, type EmbeddedClient, type JsonObject, type Platform } from '@stemcell/core'
import { couchStores } from '@stemcell/spi-couchdb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { TestServer } from './test-server.ts'
import { textOf } from './text-of.ts'

const CLIENTS = 100
const ROUNDS = 3

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'one action that a hundred clients change at once', (url) => {
  const server = new TestServer(url)
  const databases = server.databases()
  let platforms: Platform[] = []
  let clients: EmbeddedClient[] = []

  beforeAll(async () => {
    platforms = await Promise.all(
      ['a', 'b'].map((platformId) =>
        assemble({ ...couchStores({ url, databases }), containers: memoryContainers(), platformId }),
      ),
    )
    await platforms[0]!.subjects.createUser('guest')
    clients = await Promise.all(platforms.map((platform) => platform.client('guest')))
  })

  afterAll(async () => {
    for (const platform of platforms) await platform.close()
    await server.drop()
  })

  const put = async (client: EmbeddedClient, marker: number) =>
    client.request('PUT', 'actions/contested?overwrite=true', {
      exec: { kind: 'nodejs:20', code: `function main() { return { marker: ${marker} } }` },
      annotations: [{ key: 'marker', value: marker }],
    })

  async function stored(): Promise<JsonObject> {
    return (await server.ask('GET', `${databases.entities}/${encodeURIComponent('guest/contested')}`)).json
  }

  const generation = (document: JsonObject): number => Number(textOf(document['_rev']).split('-')[0])
  const patch = (document: JsonObject): number => Number(textOf(document['version']).split('.')[2])

  it('has one winner of each revision, and everybody else is told', async () => {
    expect((await put(clients[0]!, -1)).status).toBe(200)
    let before = await stored()
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, index) => put(clients[index % clients.length]!, round * CLIENTS + index)),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(CLIENTS - won.length)
      expect(won.length).toBeGreaterThan(0)
      const after = await stored()
      // As many revisions and versions as winners: nobody wrote over what somebody else had been told is stored.
      expect(generation(after) - generation(before)).toBe(won.length)
      expect(patch(after) - patch(before)).toBe(won.length)
      const versions = won.map(({ body }) => textOf((body as JsonObject)['version']))
      expect(new Set(versions).size).toBe(won.length)
      const last = won.filter(({ body }) => (body as JsonObject)['version'] === after['version'])
      expect(last).toMatchObject([{ body: { annotations: after['annotations'] } }])
      before = after
    }
  })
})
