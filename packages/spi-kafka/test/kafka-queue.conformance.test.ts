import { adapterContext } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/vitest'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'

describeWith('kafka', 'on Kafka', (brokers) => {
  runQueueConformance('kafka', {
    create: () => kafkaQueue({ brokers: brokers.split(',') }).build(adapterContext()),
    capabilities: new ReadmeTables(new URL('../README.md', import.meta.url)).queue,
    patienceMs: 10_000,
  })
})
