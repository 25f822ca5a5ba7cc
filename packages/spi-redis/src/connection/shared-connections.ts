import type { AdapterContext } from '@stemcell/core'
import type { RedisConnectionSettings } from '../redis-options.ts'
import { RedisConnection } from './redis-connection.ts'

/** Short commands that somebody waits for, and large values: the one must not queue behind the other. */
export type Lane = 'calls' | 'stores'

interface Shared {
  readonly connection: RedisConnection
  readonly opening: Promise<void>
  users: number
}

/** What is open in this process: parts that were made apart, with the same options, still share a connection. */
const shared = new Map<string, Shared>()

/** The connection of that lane, opened by the first who asks. Give it back with {@link releaseConnection}. */
export async function acquireConnection(
  settings: RedisConnectionSettings,
  lane: Lane,
  context: AdapterContext,
): Promise<RedisConnection> {
  const key = keyOf(settings, lane)
  let entry = shared.get(key)
  if (!entry) {
    const connection = new RedisConnection(settings, context, { name: lane })
    entry = { connection, opening: connection.open(), users: 0 }
    shared.set(key, entry)
  }
  entry.users++
  try {
    await entry.opening
  } catch (error) {
    if (shared.get(key) === entry) shared.delete(key)
    throw error
  }
  return entry.connection
}

/** Closes the connection when nobody else uses it. */
export function releaseConnection(connection: RedisConnection): void {
  for (const [key, entry] of shared) {
    if (entry.connection !== connection || --entry.users > 0) continue
    shared.delete(key)
    connection.close()
  }
}

function keyOf(settings: RedisConnectionSettings, lane: Lane): string {
  const { url, host, port, path, sentinels, name, sentinelUsername, sentinelPassword } = settings
  const { username, password, tls, db, keyPrefix, connectionName, connectTimeoutMs, commandTimeoutMs } = settings
  const address = [url, host, port, path, sentinels, name, sentinelUsername, sentinelPassword]
  const rest = [username, password, tls, db, keyPrefix, connectionName, connectTimeoutMs, commandTimeoutMs]
  return JSON.stringify([lane, address, rest])
}
