import { runRestConformance } from '@stemcell/conformance/vitest'
import { RestPlatform } from '@stemcell/conformance/rest'
import { redisQueue, redisRateLimiter, redisStores } from '@stemcell/spi-redis'
import { afterAll } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { removeKeys, uniquePrefix } from './redis-keys.ts'

describeWith('redis', 'a platform with every part on Redis', (url) => {
  const options = { url, keyPrefix: uniquePrefix() }
  let platform: RestPlatform | undefined

  afterAll(async () => {
    await platform?.close()
    await removeKeys(url, options.keyPrefix)
  })

  runRestConformance('Redis', async () => {
    const parts = { queue: redisQueue(options), rateLimiter: redisRateLimiter(options), ...redisStores(options) }
    platform = await RestPlatform.start(parts)
    return platform
  })
})
