import type { RedisOptions } from 'ioredis'
import type { RedisConnectionSettings } from '../redis-options.ts'

const LONGEST_PAUSE_MS = 1000

/**
 * The driver's options. It reconnects for ever and, as soon as a connection breaks, fails what was under way on it:
 * whether that was done is unknown, and sending it a second time is for the caller to decide.
 */
export function clientOptions(settings: RedisConnectionSettings, name: string, timeoutMs: number): RedisOptions {
  return {
    ...address(settings),
    ...definedOnly({
      username: settings.username,
      password: settings.password,
      sentinelUsername: settings.sentinelUsername,
      sentinelPassword: settings.sentinelPassword,
      db: settings.db,
      tls: settings.tls === true ? {} : settings.tls === false ? undefined : settings.tls,
    }),
    connectionName: name,
    connectTimeout: settings.connectTimeoutMs,
    commandTimeout: timeoutMs,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    // With autoResendUnfulfilledCommands alone, commands under way would neither be sent again nor ever be answered.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(LONGEST_PAUSE_MS, 20 * 2 ** Math.min(attempt, 10)),
    sentinelRetryStrategy: (attempt) => Math.min(LONGEST_PAUSE_MS, 50 * attempt),
    // A primary that became a replica: the next connection finds the new one, by Sentinel or by name.
    reconnectOnError: (error) => /READONLY /.test(error.message),
  }
}

/** Where the server is, for messages: without user and password. */
export function describeServer(settings: RedisConnectionSettings): string {
  if (settings.sentinels) {
    const sentinels = settings.sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')
    return `Redis '${settings.name}' of the sentinels ${sentinels}`
  }
  const { host, port, path } = address(settings)
  return `Redis at ${path ?? `${host}:${port}`}`
}

function address(settings: RedisConnectionSettings): RedisOptions {
  if (settings.sentinels) {
    const withTls = settings.tls === undefined || settings.tls === false ? {} : { enableTLSForSentinelMode: true }
    return { sentinels: [...settings.sentinels], name: settings.name!, role: 'master', ...withTls }
  }
  if (settings.path !== undefined) return { path: settings.path }
  if (settings.url === undefined) return { host: settings.host!, port: settings.port ?? 6379 }
  const url = new URL(settings.url)
  const database = Number(url.pathname.slice(1))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 && Number.isSafeInteger(database) ? { db: database } : {}),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function definedOnly<T extends object>(options: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>
}
