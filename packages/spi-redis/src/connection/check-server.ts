import { PlatformError } from '@stemcell/core'
import type { Redis } from 'ioredis'

const OLDEST = [6, 2] as const

/**
 * Whether the server can be worked with right now; a driver's error when it does not say.
 * @throws ERR_CONFIG      it is too old.
 * @throws ERR_UNAVAILABLE it is a replica.
 */
export async function checkServer(redis: Redis, server: string, anyKey: string): Promise<void> {
  const about = await greeting(redis)
  const [major = 0, minor = 0] = (about.get('version') ?? '').split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    const found = about.get('version') ?? 'older than 6'
    throw new PlatformError(
      'ERR_CONFIG',
      `${server} has version ${found}; version ${OLDEST.join('.')} or newer is needed`,
    )
  }
  if (about.get('role') !== 'master') {
    throw new PlatformError('ERR_UNAVAILABLE', `${server} is a read-only replica; name the primary, or its sentinels`)
  }
  // Refused while the data are being loaded, and to users who may not touch these keys.
  await redis.exists(anyKey)
}

async function greeting(redis: Redis): Promise<ReadonlyMap<string, string>> {
  let reply: unknown
  try {
    reply = await redis.call('HELLO')
  } catch (error) {
    if (error instanceof Error && /unknown command/i.test(error.message)) return new Map()
    throw error
  }
  const flat = Array.isArray(reply) ? reply.map(String) : []
  return new Map(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])))
}
