import { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'

/** A key prefix that nothing else uses. */
export function uniquePrefix(): string {
  return `test-${randomBytes(8).toString('hex')}`
}

/** Removes the keys of one prefix, and no others. */
export async function removeKeys(url: string, keyPrefix: string): Promise<void> {
  await withRedis(url, async (redis) => {
    for (const keys of chunks(await keysOf(redis, keyPrefix))) await redis.unlink(...keys)
  })
}

export async function keysOf(redis: Redis, keyPrefix: string): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const keys of redis.scanBufferStream({ match: `{${keyPrefix}}:*`, count: 1000 })) {
    found.push(...(keys as Buffer[]))
  }
  return found
}

/** Runs `action` with a connection of the test's own. */
export async function withRedis<T>(url: string, action: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  try {
    return await action(redis)
  } finally {
    redis.disconnect()
  }
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += 1000) yield items.slice(at, at + 1000)
}
