import type { AdapterModule } from '@stemcell/core'
import { redisQueue } from './queue/redis-queue.ts'
import { redisRateLimiter } from './rate-limiter/redis-rate-limiter.ts'
import { parseOptions, redisConnectionOptions, redisQueueOptions, redisRateLimiterOptions } from './redis-options.ts'
import { redisStores } from './stores/redis-stores.ts'

/** For configuration files: each part may be named on its own; those with the same options share connections. */
const adapterModule: AdapterModule = {
  provides: {
    queue: {
      options: redisQueueOptions,
      create: (options) => redisQueue(parseOptions(redisQueueOptions, options)),
    },
    entityStore: {
      options: redisConnectionOptions,
      create: (options) => redisStores(parseOptions(redisConnectionOptions, options)).entityStore,
    },
    subjectStore: {
      options: redisConnectionOptions,
      create: (options) => redisStores(parseOptions(redisConnectionOptions, options)).subjectStore,
    },
    activationStore: {
      options: redisConnectionOptions,
      create: (options) => redisStores(parseOptions(redisConnectionOptions, options)).activationStore,
    },
    rateLimiter: {
      options: redisRateLimiterOptions,
      create: (options) => redisRateLimiter(parseOptions(redisRateLimiterOptions, options)),
    },
  },
}

export default adapterModule
