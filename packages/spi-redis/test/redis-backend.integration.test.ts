import { runSortedBackendConformance } from '@stemcell/conformance/vitest'
import { afterAll, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { expectAgreement } from '../../../test/sorted-backend-agreement.ts'
import { parseOptions, redisConnectionOptions } from '../src/redis-options.ts'
import { RedisBackend } from '../src/stores/redis-backend.ts'
import { removeKeys, uniquePrefix } from './redis-keys.ts'

describeWith('redis', 'the sorted backend on Redis', (url) => {
  const keyPrefix = uniquePrefix()
  afterAll(() => removeKeys(url, keyPrefix))
  const backend = (): RedisBackend => new RedisBackend(parseOptions(redisConnectionOptions, { url, keyPrefix }))
  runSortedBackendConformance('Redis', { create: backend, another: backend })

  it('answers whatever is written and asked as the one in memory does', async () => {
    const used: string[] = []
    try {
      await expectAgreement(async () => {
        const keyPrefix = uniquePrefix()
        used.push(keyPrefix)
        return new RedisBackend(parseOptions(redisConnectionOptions, { url, keyPrefix }))
      }, 40)
    } finally {
      for (const keyPrefix of used) await removeKeys(url, keyPrefix)
    }
  })
})
