import { redisQueue, redisStores } from '@stemcell/spi-redis'
import { afterEach, it } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { expectFirstInvocation } from '../../../test/first-invocation.ts'
import { removeKeys, uniquePrefix } from './redis-keys.ts'

describeWith('redis', 'a platform on Redis', (url) => {
  let keyPrefix: string
  afterEach(() => removeKeys(url, keyPrefix))

  it.each([1, 2, 3])('answers the first invocation after it was assembled, time %i', async () => {
    keyPrefix = uniquePrefix()
    const options = { url, keyPrefix }
    await expectFirstInvocation({ queue: redisQueue(options), ...redisStores(options) })
    // What the life before left in the queue is no hindrance.
    await expectFirstInvocation({ queue: redisQueue(options) })
  })
})
