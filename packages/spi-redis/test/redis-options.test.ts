import { isPlatformError } from '@stemcell/core'
import {
  redisConnectionOptions,
  redisQueue,
  redisQueueOptions,
  redisRateLimiter,
  redisStores,
  type RedisQueueOptions,
} from '@stemcell/spi-redis'
import adapterModule from '@stemcell/spi-redis/adapter'
import { describe, expect, it } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { ReadmeTables } from '../../../test/readme-tables.ts'

const readme = new ReadmeTables(new URL('../README.md', import.meta.url))
const url = 'redis://127.0.0.1:1'
const PARTS = ['queue', 'entityStore', 'subjectStore', 'activationStore', 'rateLimiter']

describe('the options for Redis', () => {
  it.each([
    [{}, 'url'],
    [{ url: 'http://secret' }, 'url'],
    [{ url: 'rediss://' }, 'url'],
    [{ url, host: 'secret' }, 'host'],
    [{ host: 'x', path: '/secret' }, 'path'],
    [{ url, port: 1 }, 'port'],
    [{ host: 'x', port: 70_000 }, 'port'],
    [{ sentinels: [{ host: 'x' }] }, 'name'],
    [{ url, name: 'secret' }, 'name'],
    [{ url, username: 'secret' }, 'password'],
    [{ url, keyPrefix: '{secret}' }, 'keyPrefix'],
    [{ url, keyPrefix: '' }, 'keyPrefix'],
    [{ url, connectionName: 'a secret' }, 'connectionName'],
    [{ url, db: -1 }, 'db'],
    [{ url, tls: { caa: 'secret' } }, 'tls'],
    [{ url, conectTimeoutMs: 1 }, 'conectTimeoutMs'],
    [{ url, commandTimeoutMs: 0 }, 'commandTimeoutMs'],
    [{ url, leaseMs: 1 }, 'leaseMs'],
    [{ url, maxBodyBytes: 0 }, 'maxBodyBytes'],
    [{ url, retentionMs: 0 }, 'retentionMs'],
  ])('%j is refused, naming %s and not its value', (options, name) => {
    let refusal: unknown
    try {
      redisQueue(options as RedisQueueOptions)
    } catch (error) {
      refusal = error
    }
    if (!isPlatformError(refusal, 'ERR_CONFIG')) throw new Error(`not refused: ${String(refusal)}`)
    expect(refusal.message).toContain('@stemcell/spi-redis')
    expect(refusal.message).toContain(name)
    expect(refusal.message).not.toContain('secret')
  })

  it.each([
    { url: 'rediss://user:password@redis.example:6380/2' },
    { host: '::1', port: 6379, password: 'p', db: 1 },
    { path: '/run/redis.sock' },
    { sentinels: [{ host: 'a' }, { host: 'b', port: 1 }], name: 'primary', sentinelPassword: 'p', tls: { ca: 'PEM' } },
  ])('%j is accepted', (options) => {
    expect(() => [redisQueue(options), redisStores(options), redisRateLimiter(options)]).not.toThrow()
  })

  it('can be named in a configuration file, part by part', () => {
    expect(Object.keys(adapterModule.provides)).toEqual(PARTS)
    for (const part of Object.values(adapterModule.provides)) {
      expect(part.create({ url })).toMatchObject({ name: '@stemcell/spi-redis', core: '^0.1.0' })
      expect((part.options as z.ZodType).safeParse({ url, unknown: 1 }).success).toBe(false)
      expect(() => part.create({ url, unknown: 1 })).toThrow('unknown')
    }
  })

  it('stand in the tables of the README with their defaults', () => {
    const defaults = new Map(
      Object.entries(redisQueueOptions.parse({ url })).map(([name, value]) => [
        name,
        JSON.stringify(value).replaceAll('"', ''),
      ]),
    )
    const names = Object.keys({ ...redisQueueOptions.shape, ...redisConnectionOptions.shape })
    for (const name of names) {
      const expected = name === 'url' ? 'none' : (defaults.get(name) ?? 'none')
      expect(readme.optionDefault(name), `option ${name}`).toBe(expected)
    }
  })
})
