import { adapterContext } from '@stemcell/core'
import { runContainerFactoryConformance } from '@stemcell/conformance/node-test'
import { capabilities, MyContainers } from '../src/index.js'

runContainerFactoryConformance('__NAME__', {
  create: () => new MyContainers({ url: 'memory:' }, adapterContext()),
  capabilities,
})
