import { defineAdapter } from '@stemcell/core'
import { kafkaQueueOptions } from './kafka-queue-options.ts'
import { kafkaQueue } from './kafka-queue.ts'

/** For configuration files. */
export default defineAdapter({ provides: { queue: { options: kafkaQueueOptions, create: kafkaQueue } } })
