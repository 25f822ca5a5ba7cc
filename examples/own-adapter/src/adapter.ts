import type { AdapterModule } from '@stemcell/core'
import { natsQueue, natsQueueOptions } from './nats-queue.ts'

/** For configuration files: `"queue": { "adapter": "@stemcell/example-own-adapter", "options": { "servers": [ … ] } }`. */
const adapterModule: AdapterModule = {
  provides: {
    queue: { options: natsQueueOptions, create: (options) => natsQueue(natsQueueOptions.parse(options)) },
  },
}

export default adapterModule
