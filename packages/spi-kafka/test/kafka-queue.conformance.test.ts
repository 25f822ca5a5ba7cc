import { adapterContext } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/vitest'
import { kafkaQueue, type KafkaQueue } from '@stemcell/spi-kafka'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { removeTopics, settingsOfTopic } from './kafka-admin.ts'

const SESSION_MS = 3_000

describeWith('kafka', 'on Kafka', (address) => {
  const brokers = address.split(',')
  const create = (): KafkaQueue => kafkaQueue({ brokers, sessionTimeoutMs: SESSION_MS }).build(adapterContext())
  runQueueConformance('kafka', {
    create,
    another: create,
    leaseMs: SESSION_MS,
    idleMs: 2_000,
    settingsOf: (_queue, topic) => settingsOfTopic(brokers, topic),
    destroy: (_queue, { uniqueName }) => removeTopics(brokers, uniqueName),
    capabilities: new ReadmeTables(new URL('../README.md', import.meta.url)).queue,
    patienceMs: 10_000,
  })
})
