import type { AdapterModule } from '@stemcell/core'
import { kafkaQueueOptions, parseKafkaOptions } from './kafka-queue-options.ts'
import { kafkaQueue } from './kafka-queue.ts'

/** For configuration files. */
const adapterModule: AdapterModule = {
  provides: {
    queue: { options: kafkaQueueOptions, create: (options) => kafkaQueue(parseKafkaOptions(options)) },
  },
}

export default adapterModule
