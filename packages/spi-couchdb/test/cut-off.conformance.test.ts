import {
  adapterContext,
  storeAuth,
  type ActivationStore,
  type DocumentStore,
  type Lifecycle,
  type SubjectStore,
} from '@stemcell/core'
import {
  activationOutageCases,
  addSubject,
  authCases,
  authFixture,
  authSubject,
  documentOutageCases,
  type AuthSubject,
} from '@stemcell/conformance'
import { runConformance } from '@stemcell/conformance/vitest'
import { couchStores, type CouchStores } from '@stemcell/spi-couchdb'
import { describeWith } from '../../../test/describe-with.ts'
import { SeverableProxy } from '../../../test/severable-proxy.ts'
import { TestServer } from './test-server.ts'

describeWith('couchdb', 'stores on a CouchDB that is away for a while', (url) => {
  const server = new TestServer(url)

  /** Stores of which each has databases, and a way to the server, of its own. */
  function cutOffFrom<S extends Lifecycle>(pick: (stores: CouchStores) => S) {
    const places = new WeakMap<S, { readonly proxy: SeverableProxy; readonly names: readonly string[] }>()
    return {
      create: async (): Promise<S> => {
        const { hostname, port } = new URL(url)
        const proxy = await SeverableProxy.to({ host: hostname, port: Number(port || 5984) })
        const own = Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).href
        const databases = server.databases()
        const timeouts = { connectTimeoutMs: 2000, requestTimeoutMs: 2000, retries: 0 }
        const store = pick(couchStores({ url: own, databases, ...timeouts }))
        places.set(store, { proxy, names: Object.values(databases) })
        return store
      },
      disrupt: async (store: S) => places.get(store)!.proxy.cut(),
      restore: async (store: S) => places.get(store)!.proxy.mend(),
      destroy: async (store: S) => {
        const { proxy, names } = places.get(store)!
        await proxy.close()
        await server.drop(names)
      },
      patienceMs: 20_000,
    }
  }

  runConformance<DocumentStore>(
    'EntityStore',
    'couchdb that is cut off',
    documentOutageCases,
    cutOffFrom<DocumentStore>(({ entityStore }) => entityStore.build(adapterContext())),
  )
  runConformance<ActivationStore>(
    'ActivationStore',
    'couchdb that is cut off',
    activationOutageCases,
    cutOffFrom<ActivationStore>(({ activationStore }) => activationStore.build(adapterContext())),
  )

  const subjects = cutOffFrom<SubjectStore>(({ subjectStore }) => subjectStore.build(adapterContext()))
  const of = new WeakMap<AuthSubject, SubjectStore>()
  runConformance<AuthSubject>(
    'Auth',
    'subjects on couchdb that is cut off',
    authCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: async () => {
        const store = await subjects.create()
        await store.open()
        const fixture = authFixture()
        for (const identity of [fixture.one, fixture.limited]) await addSubject(store, identity)
        const subject = authSubject(storeAuth().build({ ...adapterContext(), subjectStore: store }), fixture)
        of.set(subject, store)
        return subject
      },
      disrupt: (subject) => subjects.disrupt(of.get(subject)!),
      restore: (subject) => subjects.restore(of.get(subject)!),
      destroy: async (subject) => {
        const store = of.get(subject)!
        await store.close()
        await subjects.destroy(store)
      },
      patienceMs: 20_000,
    },
  )
})
