import { blockSubject, subjectStoreOf } from '@stemcell/conformance'
import { runAuthConformance } from '@stemcell/conformance/vitest'
import { StaticAuth } from '../../src/auth/static-auth.ts'
import { StoreAuth } from '../../src/auth/store-auth.ts'
import type { Auth } from '../../src/auth/auth.ts'
import { authKeyText, type Identity } from '../../src/model/identity.ts'
import type { SubjectStore } from '../../src/store/subject-store.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

const clock = new VirtualClock()
const stores = new WeakMap<Auth, SubjectStore>()

function runStoreAuth(name: string, maxStalenessMs: number): void {
  runAuthConformance(name, {
    capabilities: { schemes: ['basic'], maxStalenessMs },
    create: async (fixture) => {
      const store = await subjectStoreOf(fixture)
      const auth = new StoreAuth(store, { clock, maxStalenessMs })
      stores.set(auth, store)
      return auth
    },
    destroy: (auth) => stores.get(auth)!.close(),
    block: (auth, { subject }) => blockSubject(stores.get(auth)!, subject),
    blockAndWait: async (auth, { subject }) => {
      await blockSubject(stores.get(auth)!, subject)
      await clock.advance(maxStalenessMs)
    },
  })
}

runStoreAuth('store', 300_000)
runStoreAuth('store without a cache', 0)

function asStatic({ subject, namespace, authkey, limits }: Identity): ConstructorParameters<typeof StaticAuth>[0][0] {
  return { subject, namespace: namespace.name, auth: authKeyText(authkey), limits }
}

runAuthConformance('static', {
  capabilities: { schemes: ['basic'], maxStalenessMs: 0 },
  create: ({ one, two, limited, ambiguous }) => new StaticAuth([one, two, limited, ...ambiguous].map(asStatic)),
})
