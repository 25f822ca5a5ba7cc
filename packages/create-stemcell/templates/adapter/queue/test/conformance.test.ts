import { adapterContext } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/node-test'
import { capabilities, MyQueue } from '../src/index.js'

runQueueConformance('__NAME__', {
  create: () => new MyQueue({ url: 'memory:' }, adapterContext()),
  capabilities,
})
