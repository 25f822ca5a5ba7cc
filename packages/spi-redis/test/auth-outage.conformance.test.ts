import { adapterContext, storeAuth, type Auth, type AuthContext, type SubjectStore } from '@stemcell/core'
import { addSubject, authCases, authFixture, authSubject, type AuthSubject } from '@stemcell/conformance'
import { runConformance } from '@stemcell/conformance/vitest'
import { redisStores } from '@stemcell/spi-redis'
import { describeWith } from '../../../test/describe-with.ts'
import { cutOffFrom } from './cut-off.ts'

describeWith('redis', 'callers whose subjects are on Redis', (url) => {
  const stores = cutOffFrom<SubjectStore>(url, (options) => redisStores(options).subjectStore.build(adapterContext()))
  const of = new WeakMap<AuthSubject, SubjectStore>()
  runConformance<AuthSubject>(
    'Auth',
    'subjects on redis that is cut off',
    authCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: async () => {
        const store = await stores.create()
        await store.open()
        const fixture = authFixture()
        for (const identity of [fixture.one, fixture.limited]) await addSubject(store, identity)
        const context: AuthContext = { ...adapterContext(), subjectStore: store }
        const auth: Auth = storeAuth().build(context)
        const subject = authSubject(auth, fixture)
        of.set(subject, store)
        return subject
      },
      disrupt: (subject) => stores.disrupt(of.get(subject)!),
      restore: (subject) => stores.restore(of.get(subject)!),
      destroy: async (subject) => {
        const store = of.get(subject)!
        await store.close()
        await stores.destroy(store)
      },
    },
  )
})
