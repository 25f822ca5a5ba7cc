import { isPlatformError, PlatformError, type AdapterContext } from '@stemcell/core'
import { Redis } from 'ioredis'
import type { RedisConnectionSettings } from '../redis-options.ts'
import { checkServer } from './check-server.ts'
import { clientOptions, describeServer } from './client-options.ts'
import { isTimeout, toPlatformError, wasNotSent } from './to-platform-error.ts'

const PROBE_PAUSE_MS = 50

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: PlatformError) => void
}

export interface ConnectionPurpose {
  /** Stands behind the connection name: what `CLIENT LIST` shows. */
  readonly name: string
  /** Longest time that a command may take by design, beyond the command time-out. */
  readonly blockMs?: number
}

/** One connection that comes back by itself. It is ready while the server at the other end can be worked with. */
export class RedisConnection {
  readonly settings: RedisConnectionSettings
  readonly server: string
  readonly #context: AdapterContext
  readonly #redis: Redis
  readonly #waiters = new Set<Waiter>()
  readonly #listeners = new Set<() => void>()
  #ready = false
  #wasReady = false
  #closed = false
  #checking = 0
  #lastError: PlatformError | undefined

  constructor(settings: RedisConnectionSettings, context: AdapterContext, { name, blockMs = 0 }: ConnectionPurpose) {
    this.settings = settings
    this.server = describeServer(settings)
    this.#context = context
    this.#redis = new Redis(
      clientOptions(settings, `${settings.connectionName}:${name}`, settings.commandTimeoutMs + blockMs),
    )
    this.#redis.on('ready', () => void this.#check())
    this.#redis.on('close', () => this.#lost())
    this.#redis.on('error', (error: unknown) => this.#failed(toPlatformError(error, this.server)))
  }

  /** @throws ERR_UNAVAILABLE not within `connectTimeoutMs`. @throws ERR_CONFIG the server refuses for good. */
  async open(): Promise<void> {
    // Refused connections are told by events, as those of later attempts are.
    this.#redis.connect().catch(() => undefined)
    try {
      await this.#untilReady(this.settings.connectTimeoutMs)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Runs a command, waiting for the connection where it is away.
   * @throws ERR_UNAVAILABLE not back within `commandTimeoutMs`, or lost while the command was under way.
   */
  async run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    for (;;) {
      if (!this.#ready) await this.#untilReady(this.settings.commandTimeoutMs)
      try {
        return await command(this.#redis)
      } catch (error) {
        if (this.#closed || !wasNotSent(error)) throw this.#translation(error)
        // The driver knows before its event that the connection is gone.
        this.#lost()
      }
    }
  }

  /** As `run`, but fails at once where the connection is away. */
  async runNow<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#ready) throw this.#unavailable()
    try {
      return await command(this.#redis)
    } catch (error) {
      throw this.#translation(error)
    }
  }

  /** `listener` is called each time the connection is back. Returns how to end that. */
  onReturn(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Says goodbye and closes. What the server had sent before it heard of that is still received: a command under way
   * is either answered or fails.
   */
  close(): void {
    this.#closed = true
    this.#lost()
    this.#redis.disconnect()
    for (const { reject } of this.#waiters) reject(new PlatformError('ERR_CLOSED', `${this.server}: connection closed`))
    this.#waiters.clear()
  }

  #translation(error: unknown): PlatformError {
    // The other side may be gone without a word; another connection will tell.
    if (isTimeout(error) && !this.#closed) this.#redis.disconnect(true)
    return toPlatformError(error, this.server)
  }

  async #check(): Promise<void> {
    const round = ++this.#checking
    while (!this.#closed && round === this.#checking && this.#redis.status === 'ready') {
      try {
        await checkServer(this.#redis, this.server, `{${this.settings.keyPrefix}}:`)
        if (round === this.#checking && this.#redis.status === 'ready' && !this.#closed) this.#returned()
        return
      } catch (error) {
        this.#failed(this.#translation(error))
        // A replica: perhaps the name leads to the new primary by now.
        if (isPlatformError(error)) return this.#redis.disconnect(true)
      }
      await this.#context.clock.sleep(PROBE_PAUSE_MS)
    }
  }

  #returned(): void {
    this.#ready = true
    this.#lastError = undefined
    for (const { resolve } of this.#waiters) resolve()
    this.#waiters.clear()
    if (this.#wasReady) {
      this.#context.logger.info({ server: this.server }, 'connection to Redis is back')
      for (const listener of this.#listeners) listener()
    }
    this.#wasReady = true
  }

  #lost(): void {
    this.#checking++
    if (!this.#ready) return
    this.#ready = false
    if (!this.#closed) this.#context.logger.warn({ server: this.server }, 'connection to Redis is lost')
  }

  #failed(error: PlatformError): void {
    this.#lastError = error
    if (error.code !== 'ERR_CONFIG') return
    // Nothing that waiting could mend.
    for (const { reject } of this.#waiters) reject(error)
    this.#waiters.clear()
  }

  async #untilReady(patienceMs: number): Promise<void> {
    if (this.#ready) return
    if (this.#closed) throw new PlatformError('ERR_CLOSED', `${this.server}: connection closed`)
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        resolve: () => {
          timer.cancel()
          resolve()
        },
        reject: (error) => {
          timer.cancel()
          reject(error)
        },
      }
      const timer = this.#context.clock.setTimer(patienceMs, () => {
        this.#waiters.delete(waiter)
        reject(this.#unavailable())
      })
      this.#waiters.add(waiter)
    })
  }

  #unavailable(): PlatformError {
    const reason = this.#lastError
    const message = reason?.message ?? `${this.server} cannot be reached`
    return new PlatformError('ERR_UNAVAILABLE', message, reason ? { cause: reason.cause } : {})
  }
}
