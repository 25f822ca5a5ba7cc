import { defineAdapter } from '@stemcell/core'
import { redisQueue } from './queue/redis-queue.ts'
import { redisRateLimiter } from './rate-limiter/redis-rate-limiter.ts'
import { redisConnectionOptions, redisQueueOptions, redisRateLimiterOptions } from './redis-options.ts'
import { redisStores } from './stores/redis-stores.ts'

/** For configuration files: each part may be named on its own; those with the same options share connections. */
export default defineAdapter({
  provides: {
    queue: { options: redisQueueOptions, create: redisQueue },
    entityStore: { options: redisConnectionOptions, create: (options) => redisStores(options).entityStore },
    subjectStore: { options: redisConnectionOptions, create: (options) => redisStores(options).subjectStore },
    activationStore: { options: redisConnectionOptions, create: (options) => redisStores(options).activationStore },
    rateLimiter: { options: redisRateLimiterOptions, create: redisRateLimiter },
  },
})
