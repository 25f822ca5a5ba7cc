import { adapterContext } from '@stemcell/core'
import { runQueueConformance } from '@stemcell/conformance/vitest'
import { RedisQueue } from '@stemcell/spi-redis'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { removeKeys, uniquePrefix } from './redis-keys.ts'

describeWith('redis', 'the queue on Redis', (url) => {
  const prefixes = new WeakMap<object, string>()
  runQueueConformance('redis', {
    create: () => {
      const keyPrefix = uniquePrefix()
      const queue = new RedisQueue({ url, keyPrefix }, adapterContext())
      prefixes.set(queue, keyPrefix)
      return queue
    },
    destroy: (queue) => removeKeys(url, prefixes.get(queue)!),
    capabilities: new ReadmeTables(new URL('../README.md', import.meta.url)).queue,
  })
})
