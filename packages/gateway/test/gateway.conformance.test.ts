import { adapterContext, memoryEntityStore, type SystemPackage } from '@stemcell/core'
import { runSystemPackageConformance } from '@stemcell/conformance/vitest'
import { gateway } from '../src/index.ts'

async function create(): Promise<SystemPackage> {
  const entityStore = memoryEntityStore().build(adapterContext())
  await entityStore.open()
  return gateway({ port: 0 }).build({
    ...adapterContext(),
    entityStore,
    controllerId: '0',
    clustered: false,
    clientOf: () => ({ request: () => Promise.resolve({ status: 404, headers: {}, body: undefined }) }),
    fire: () => Promise.resolve({ status: 404 }),
    invoke: () => Promise.resolve({ status: 404 }),
    handle: () => undefined,
  })
}

const caller = { __ow_user: 'guest', __ow_method: 'post', basepath: '/b' }
const swagger = { swagger: '2.0', info: { title: 'b', version: '1' }, basePath: '/b', paths: { '/x': { get: {} } } }

runSystemPackageConformance('gateway', {
  create,
  samples: {
    createApi: { ...caller, apidoc: { namespace: '_', swagger } },
    getApi: caller,
    deleteApi: caller,
    createSubscription: caller,
    getSubscriptions: caller,
    deleteSubscription: { ...caller, client_id: 'x' },
    exportApi: caller,
  },
})
