import { PlatformError, type AdapterContext, type Lifecycle } from '@stemcell/core'
import type { Redis } from 'ioredis'
import type { RedisConnectionSettings } from '../redis-options.ts'
import type { RedisConnection } from './redis-connection.ts'
import { acquireConnection, releaseConnection, type Lane } from './shared-connections.ts'

const ignore = (): void => undefined

/** One part's use of a shared connection: opens and closes it, and waits at the end for what still runs. */
export class ConnectionSession implements Lifecycle {
  readonly #part: string
  readonly #settings: RedisConnectionSettings
  readonly #lane: Lane
  readonly #context: AdapterContext
  #connection: RedisConnection | undefined
  #running = 0
  #whenIdle: (() => void) | undefined
  #wanted: 'open' | 'closed' = 'closed'
  #current: Promise<void> = Promise.resolve()

  /** @param part how the part calls itself in errors. */
  constructor(part: string, settings: RedisConnectionSettings, lane: Lane, context: AdapterContext) {
    this.#part = part
    this.#settings = settings
    this.#lane = lane
    this.#context = context
  }

  open(): Promise<void> {
    return this.#become('open', async () => {
      this.#connection ??= await acquireConnection(this.#settings, this.#lane, this.#context)
    })
  }

  close(): Promise<void> {
    return this.#become('closed', async () => {
      const connection = this.#connection
      if (!connection) return
      this.#connection = undefined
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
      releaseConnection(connection)
    })
  }

  /** The open connection. @throws ERR_CLOSED */
  get connection(): RedisConnection {
    if (this.#connection) return this.#connection
    throw new PlatformError('ERR_CLOSED', `${this.#part} is not open`)
  }

  /** Runs commands; `close` waits for them. @throws ERR_CLOSED, and what the connection throws */
  run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    return this.during((connection) => connection.run(command))
  }

  /** As `run`, for what takes several commands. */
  async during<T>(action: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const { connection } = this
    this.#running++
    try {
      return await action(connection)
    } finally {
      if (--this.#running === 0) this.#whenIdle?.()
    }
  }

  /** Steps run one after the other; asking twice for the same shares one. */
  #become(wanted: 'open' | 'closed', step: () => Promise<void>): Promise<void> {
    if (this.#wanted === wanted) return this.#current
    this.#wanted = wanted
    const current = this.#current.then(ignore, ignore).then(step)
    this.#current = current
    current.catch(() => {
      if (this.#current !== current) return
      this.#wanted = 'closed'
      this.#current = Promise.resolve()
    })
    return current
  }
}
