import { adapterContext, type Adapter, type Lifecycle } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { couchStores, type CouchStores } from '@stemcell/spi-couchdb'
import { vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { TestServer } from './test-server.ts'

const context = adapterContext()
const published = new ReadmeTables(new URL('../README.md', import.meta.url))

// The server may share two cores with much else.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeWith('couchdb', 'the stores on CouchDB', (url) => {
  const server = new TestServer(url)

  runEntityStoreConformance('couchdb', {
    ...onTheirOwn(({ entityStore }) => entityStore),
    capabilities: published.documents,
  })
  runSubjectStoreConformance('couchdb', {
    ...onTheirOwn(({ subjectStore }) => subjectStore),
    capabilities: published.documents,
  })
  runActivationStoreConformance('couchdb', {
    ...onTheirOwn(({ activationStore }) => activationStore),
    capabilities: published.activations,
  })

  /** Each case gets databases of its own. */
  function onTheirOwn<S extends Lifecycle>(pick: (stores: CouchStores) => Adapter<S>) {
    type Databases = ReturnType<TestServer['databases']>
    const names = new Map<S, Databases>()
    const build = (databases: Databases): S => {
      const store = pick(couchStores({ url, databases })).build(context)
      names.set(store, databases)
      return store
    }
    return {
      create: () => build(server.databases()),
      reopen: (closed: S) => build(names.get(closed)!),
      destroy: (store: S) => server.drop(Object.values(names.get(store)!)),
      patienceMs: 20_000,
    }
  }
})
