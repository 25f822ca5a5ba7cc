import { adapterContext, type RateLimiter } from '@stemcell/core'
import { rateLimiterCases, rateLimiterSubject, type RateLimiterSubject } from '@stemcell/conformance'
import { runConformance, runRateLimiterConformance } from '@stemcell/conformance/vitest'
import { RedisRateLimiter } from '@stemcell/spi-redis'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { cutOffFrom } from './cut-off.ts'
import { keysOf, removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

const readme = new ReadmeTables(new URL('../README.md', import.meta.url))

describeWith('redis', 'the rate limiter on Redis', (url) => {
  const prefixes = new WeakMap<object, string>()
  runRateLimiterConformance('redis', {
    create: () => {
      const keyPrefix = uniquePrefix()
      const limiter = new RedisRateLimiter({ url, keyPrefix }, adapterContext())
      prefixes.set(limiter, keyPrefix)
      return limiter
    },
    another: (limiter) => new RedisRateLimiter({ url, keyPrefix: prefixes.get(limiter)! }, adapterContext()),
    destroy: (limiter) => removeKeys(url, prefixes.get(limiter)!),
    capabilities: { scope: readme.capability('scope') === 'cluster' ? 'cluster' : 'process' },
    // The server's clock cannot be moved; what was counted is made a minute older instead.
    nextMinute: (limiter) =>
      withRedis(url, async (redis) => {
        for (const key of await keysOf(redis, prefixes.get(limiter)!)) {
          if ((await redis.type(key)) === 'hash' && (await redis.hexists(key, 'm'))) await redis.hincrby(key, 'm', -1)
        }
      }),
  })

  const cutOff = cutOffFrom<RateLimiter>(url, (options) => new RedisRateLimiter(options, adapterContext()))
  const of = new WeakMap<RateLimiterSubject, RateLimiter>()
  runConformance<RateLimiterSubject>(
    'RateLimiter',
    'redis that is cut off',
    rateLimiterCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: async () => {
        const limiter = await cutOff.create()
        const subject = rateLimiterSubject(limiter)
        of.set(subject, limiter)
        return subject
      },
      disrupt: (subject) => cutOff.disrupt(of.get(subject)!),
      restore: (subject) => cutOff.restore(of.get(subject)!),
      destroy: (subject) => cutOff.destroy(of.get(subject)!),
    },
  )
})
