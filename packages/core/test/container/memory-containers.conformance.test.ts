import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { adapterContext } from '../../src/adapter.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'

const memory = memoryContainers()

runContainerFactoryConformance('memory', {
  create: () => memory.build(adapterContext()),
  capabilities: {
    suspend: true,
    memoryLimit: false,
    cpuLimit: false,
    images: false,
    attributedLogs: true,
    isolation: 'none',
  },
})
