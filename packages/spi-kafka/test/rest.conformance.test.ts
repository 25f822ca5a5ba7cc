import { runRestConformance } from '@stemcell/conformance/vitest'
import { RestPlatform } from '@stemcell/conformance/rest'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { afterAll } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { uniqueName } from './harness.ts'

describeWith('kafka', 'a platform on Kafka', (brokers) => {
  let platform: RestPlatform | undefined
  afterAll(() => platform?.close())

  runRestConformance('queue on Kafka', async () => {
    const queue = kafkaQueue({ brokers: brokers.split(','), topicPrefix: `${uniqueName()}.` })
    return (platform = await RestPlatform.start({ queue }))
  })
})
