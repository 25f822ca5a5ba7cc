import { adapterContext, type Queue } from '@stemcell/core'
import { queueCases } from '@stemcell/conformance'
import { runConformance, runQueueConformance } from '@stemcell/conformance/vitest'
import { RedisQueue } from '@stemcell/spi-redis'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { cutOffFrom } from './cut-off.ts'
import { removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

const leaseMs = 3000

describeWith('redis', 'the queue on Redis', (url) => {
  const prefixes = new WeakMap<Queue, string>()
  const create = (keyPrefix = uniquePrefix()): RedisQueue => {
    const queue = new RedisQueue({ url, keyPrefix, leaseMs }, adapterContext())
    prefixes.set(queue, keyPrefix)
    return queue
  }

  runQueueConformance('redis', {
    create: () => create(),
    another: (queue) => create(prefixes.get(queue)!),
    leaseMs,
    // Beyond a read that waits for messages.
    idleMs: 5500,
    settingsOf: (queue, topic) =>
      withRedis(url, async (redis) => {
        const { ensured, ...kept } = await redis.hgetall(`{${prefixes.get(queue)!}}:queue:settings:${topic}`)
        if (ensured === undefined) return undefined
        return Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, Number(value)]))
      }),
    destroy: (queue) => removeKeys(url, prefixes.get(queue)!),
    capabilities: new ReadmeTables(new URL('../README.md', import.meta.url)).queue,
  })

  runConformance<Queue>(
    'Queue',
    'redis that is cut off',
    queueCases.filter(({ needs }) => needs?.includes('disrupt')),
    { ...cutOffFrom<Queue>(url, (options) => new RedisQueue({ ...options, leaseMs }, adapterContext())), leaseMs },
  )
})
