import { runRestConformance } from '@stemcell/conformance/vitest'
import { RestPlatform } from '@stemcell/conformance/rest'
import { couchStores } from '@stemcell/spi-couchdb'
import { afterAll, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { TestServer } from './test-server.ts'

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'the REST API on CouchDB', (url) => {
  const server = new TestServer(url)
  let platform: RestPlatform | undefined

  afterAll(async () => {
    await platform?.close()
    await server.drop()
  })

  runRestConformance('couchdb stores', async () => {
    platform = await RestPlatform.start(couchStores({ url, databases: server.databases() }))
    return platform
  })
})
