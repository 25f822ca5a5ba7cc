import { adapterContext, memoryEntityStore, type SystemPackage } from '@stemcell/core'
import { runSystemPackageConformance } from '@stemcell/conformance/vitest'
import { alarms } from '../src/index.ts'

async function create(): Promise<SystemPackage> {
  const entityStore = memoryEntityStore().build(adapterContext())
  await entityStore.open()
  return alarms().build({
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

runSystemPackageConformance('alarms', {
  create,
  samples: {
    alarm: { lifecycleEvent: 'CREATE', triggerName: '/_/t', cron: '* * * * *' },
    interval: { lifecycleEvent: 'READ', triggerName: '/_/t' },
    once: { lifecycleEvent: 'DELETE', triggerName: '/_/t' },
  },
})
