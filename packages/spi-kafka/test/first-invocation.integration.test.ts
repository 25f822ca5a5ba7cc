import { kafkaQueue } from '@stemcell/spi-kafka'
import { it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { expectFirstInvocation } from '../../../test/first-invocation.ts'
import { uniqueName } from './harness.ts'

describeWith('kafka', 'a platform on Kafka', (brokers) => {
  it('answers the first invocation after it was assembled', async () => {
    const options = { brokers: brokers.split(','), topicPrefix: `${uniqueName()}.` }
    await expectFirstInvocation({ queue: kafkaQueue(options) })
    await expectFirstInvocation({ queue: kafkaQueue(options) })
  }, 120_000)
})
