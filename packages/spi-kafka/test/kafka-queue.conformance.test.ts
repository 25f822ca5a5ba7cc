import { adapterContext } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/vitest'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { describeWith } from '../../../test/describe-with.ts'
import { capabilitiesInReadme } from './readme-capabilities.ts'

describeWith('kafka', 'on Kafka', (brokers) => {
  runQueueConformance('kafka', {
    create: () => kafkaQueue({ brokers: brokers.split(',') }).build(adapterContext()),
    capabilities: capabilitiesInReadme(),
    patienceMs: 10_000,
  })
})
