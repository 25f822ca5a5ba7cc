// The floors of store and queue on Redis: ioredis and nothing else, JSON included.
import { Redis } from 'ioredis'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

/** Documents as strings, records as strings with a sorted set beside them. */
export function bareRedisStore(url, prefix) {
  const redis = new Redis(url)
  const key = (name) => `{${prefix}}:bare:${name}`
  return {
    put: (id, document) => redis.set(key(`d${id}`), JSON.stringify(document)),
    get: async (id) => JSON.parse(await redis.get(key(`d${id}`))),
    putRecords: async (records) => {
      const pipeline = redis.pipeline()
      for (const record of records) {
        pipeline.set(key(record.activationId), JSON.stringify(record))
        pipeline.zadd(key('records'), record.start, record.activationId)
      }
      for (const [error] of await pipeline.exec()) if (error) throw error
    },
    page: async (limit) => {
      const ids = await redis.zrevrange(key('records'), 0, limit - 1)
      return (await redis.mget(ids.map(key))).map((text) => JSON.parse(text))
    },
    close: async () => {
      await removeKeys(redis, prefix)
      redis.disconnect()
    },
  }
}

/** A message over one stream to another process and back over another stream. */
export async function bareRedisRoundTrip(url, prefix) {
  const child = fork(new URL('echo.mjs', import.meta.url), ['raw', url, prefix])
  await once(child, 'message')
  const [reader, writer] = [new Redis(url), new Redis(url)]
  const pong = `${prefix}-pong`
  await writer.xgroup('CREATE', pong, 'g', '$', 'MKSTREAM')
  let arrived = () => undefined
  const read = async () => {
    for (;;) {
      const reply = await reader.xreadgroupBuffer('GROUP', 'g', 'c', 'COUNT', 32, 'BLOCK', 0, 'STREAMS', pong, '>')
      for (const [id] of reply[0][1]) {
        arrived()
        void writer.xack(pong, 'g', id)
      }
    }
  }
  let failure
  const reading = read().catch((error) => {
    failure = error
    arrived()
  })
  return {
    roundTrip: async (body) => {
      const answered = new Promise((resolve) => (arrived = resolve))
      await writer.xadd(`${prefix}-ping`, '*', 'b', body)
      await answered
      if (failure) throw failure
    },
    close: async () => {
      child.kill()
      reader.disconnect()
      await reading
      await removeKeys(writer, prefix)
      writer.disconnect()
    },
  }
}

/** All keys with `prefix` in their names. */
export async function removeKeys(redis, prefix) {
  for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1000 }))
    if (keys.length > 0) await redis.unlink(...keys)
}

/** The same for what others wrote. */
export async function removeKeysOf(url, prefix) {
  const redis = new Redis(url)
  await removeKeys(redis, prefix)
  redis.disconnect()
}

/** The process of a Redis on this machine; none where it runs elsewhere. */
export async function redisPids(url) {
  const redis = new Redis(url)
  try {
    const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
    return existsSync(`/proc/${pid}`) ? [pid] : []
  } finally {
    redis.disconnect()
  }
}
