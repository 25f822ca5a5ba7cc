import { adapterContext, memoryEntityStore, type SystemPackage } from '@stemcell/core'
import { runSystemPackageConformance } from '@stemcell/conformance/vitest'
import { combinators, samples, utils } from '../src/index.ts'

function create(make: typeof utils): SystemPackage {
  return make().build({
    ...adapterContext(),
    entityStore: memoryEntityStore().build(adapterContext()),
    controllerId: '0',
    clustered: false,
    clientOf: () => ({ request: () => Promise.resolve({ status: 404, headers: {}, body: undefined }) }),
    fire: () => Promise.resolve({ status: 404 }),
    invoke: () => Promise.resolve({ status: 404 }),
    handle: () => undefined,
  })
}

runSystemPackageConformance('utils', {
  create: () => create(utils),
  samples: {
    cat: { lines: [1, 'two'] },
    sort: { lines: [2, 1] },
    head: { lines: [2, 1], num: 1 },
    split: { payload: 'a,b', separator: ',' },
    smash: { $fieldName: 'p', a: 1 },
  },
})
runSystemPackageConformance('samples', { create: () => create(samples), samples: { wordCount: { payload: 'a b' } } })
runSystemPackageConformance('combinators', {
  create: () => create(combinators),
  samples: {
    eca: { $conditionName: 'a', $actionName: 'a' },
    forwarder: { $actionName: 'a', $actionArgs: [], $forward: [] },
    retry: { $actionName: 'a', $attempts: 3 },
    trycatch: { $tryName: 'a', $catchName: 'a' },
    trigger: { $triggerName: 't' },
    vacuum: { $actionName: 'a' },
  },
})
