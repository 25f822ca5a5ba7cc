import { runLogStoreConformance } from '@stemcell/conformance/node-test'
import { capabilities, MyLogStore } from '../src/index.js'

runLogStoreConformance('__NAME__', {
  create: () => new MyLogStore({ maxActivations: 1000 }),
  capabilities,
})
