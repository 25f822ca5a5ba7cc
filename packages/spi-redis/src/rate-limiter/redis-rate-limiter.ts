import {
  adapterContext,
  type Adapter,
  type AdapterContext,
  type EntryDecision,
  type EntryRequest,
  type FireRequest,
  type RateDecision,
  type RateLimiter,
  type RateLimiterCapabilities,
  type Timer,
} from '@stemcell/core'
import type { Redis } from 'ioredis'
import { ConnectionSession } from '../connection/connection-session.ts'
import { isRefusal } from '../connection/to-platform-error.ts'
import { listOf, textOf } from '../connection/lua-script.ts'
import {
  ADAPTER,
  parseOptions,
  redisRateLimiterOptions,
  type RedisRateLimiterOptions,
  type RedisRateLimiterSettings,
} from '../redis-options.ts'
import { escape } from '../stores/store-keys.ts'
import { PlaceLedger } from './place-ledger.ts'
import { COUNT_FIRE, ENTER, FORGET, LEAVE, RENEW, SET_PLACES } from './rate-scripts.ts'

/** Lua's stack, and the time that one script blocks all others, bound its arguments. */
const TOLD_AT_ONCE = 500

/**
 * Counts in Redis, in minutes of its clock, so that limits hold over all controllers together. Each question is one
 * round trip; giving a place back is none that anybody waits for. The places of a process that died are free again
 * when its lease has ended.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly capabilities: RateLimiterCapabilities = { scope: 'cluster' }
  readonly #settings: RedisRateLimiterSettings
  readonly #context: AdapterContext
  readonly #session: ConnectionSession
  readonly #base: string
  readonly #processes: string
  readonly #process: string
  readonly #ledger = new PlaceLedger()
  readonly #leaving = new Map<string, number>()
  #leaveScheduled = false
  #renewal: Timer | undefined
  #stopListening: (() => void) | undefined

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(options: RedisRateLimiterOptions, context: AdapterContext = adapterContext()) {
    this.#settings = parseOptions(redisRateLimiterOptions, options)
    this.#context = context
    this.#session = new ConnectionSession('the rate limiter on Redis', this.#settings, 'calls', context)
    this.#base = `{${this.#settings.keyPrefix}}:rate`
    this.#processes = `${this.#base}:processes`
    this.#process = Buffer.from(context.random.bytes(12)).toString('hex')
  }

  async open(): Promise<void> {
    await this.#session.open()
    if (this.#renewal) return
    this.#stopListening = this.#session.connection.onReturn(() => void this.#renew())
    this.#renewLater()
  }

  async close(): Promise<void> {
    this.#stopListening?.()
    this.#renewal?.cancel()
    if (this.#renewal) {
      this.#renewal = undefined
      this.#ledger.clear()
      await this.#quietly(FORGET.run.bind(FORGET), [this.#processes, this.#places], [this.#process])
    }
    await this.#session.close()
  }

  async enter({ namespaceId, perMinute, concurrent }: EntryRequest): Promise<EntryDecision> {
    const namespace = escape(namespaceId)
    const keys = [this.#counter('invocations', namespace), this.#processes]
    const args = [this.#process, this.#placesPrefix, this.#settings.leaseMs, namespace, perMinute, concurrent]
    this.#ledger.began(namespace)
    try {
      const [of, count, more] = listOf(await this.#ask((redis) => ENTER.run(redis, keys, args)))
      if (textOf(of) === 'm') return { ...tooMany(Number(count), perMinute, Number(more)), of: 'minute' }
      const allowed = Number(more) === 1
      if (allowed) this.#ledger.add(namespace, 1)
      return { allowed, count: Number(count), limit: concurrent, of: 'places' }
    } catch (error) {
      this.#ledger.doubt(namespace)
      throw error
    } finally {
      this.#ledger.ended(namespace)
    }
  }

  async countFire({ namespaceId, perMinute }: FireRequest): Promise<RateDecision> {
    const keys = [this.#counter('fires', escape(namespaceId))]
    const reply = await this.#ask((redis) => COUNT_FIRE.run(redis, keys, []))
    const [count = 0, leftMs = 0] = listOf(reply).map(Number)
    return count <= perMinute ? { allowed: true, count, limit: perMinute } : tooMany(count, perMinute, leftMs)
  }

  leave(namespaceId: string): void {
    const namespace = escape(namespaceId)
    if (this.#ledger.get(namespace) === 0) return
    this.#ledger.add(namespace, -1)
    if (!this.#leaving.has(namespace)) this.#ledger.began(namespace)
    this.#leaving.set(namespace, (this.#leaving.get(namespace) ?? 0) + 1)
    if (this.#leaveScheduled) return
    this.#leaveScheduled = true
    // The answer to whoever was in goes first.
    setImmediate(() => {
      this.#leaveScheduled = false
      void this.#tellLeft()
    })
  }

  #counter(budget: 'invocations' | 'fires', namespace: string): string {
    return `${this.#base}:${budget}:${namespace}`
  }

  get #placesPrefix(): string {
    return `${this.#base}:places:`
  }

  get #places(): string {
    return this.#placesPrefix + this.#process
  }

  /** Fails at once where Redis is away: a request does not wait for its limits. */
  #ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    return this.#session.during((connection) => connection.runNow(question))
  }

  async #tellLeft(): Promise<void> {
    const left = [...this.#leaving]
    this.#leaving.clear()
    const told = await this.#quietly(LEAVE.run.bind(LEAVE), [this.#places], left.flat())
    for (const [namespace] of left) {
      this.#ledger.ended(namespace)
      if (!told) this.#ledger.doubt(namespace)
    }
  }

  #renewLater(): void {
    this.#renewal = this.#context.clock.setTimer(this.#settings.leaseMs / 3, () => {
      void this.#renew().then(() => {
        if (this.#renewal) this.#renewLater()
      })
    })
  }

  /** Says that this process lives, and mends what Redis may have wrong. */
  async #renew(): Promise<void> {
    const args = [this.#process, this.#settings.leaseMs]
    const renewed = await this.#quietly(
      async (redis, keys) => {
        if ((await RENEW.run(redis, keys, args)) === 0) this.#ledger.doubtAll()
      },
      [this.#processes, this.#places],
    )
    if (!renewed) return
    // What is told is looked up just before: nothing of these namespaces may happen in between.
    for (let doubts = this.#doubts(); doubts.length > 0; doubts = this.#doubts()) {
      if (await this.#quietly(SET_PLACES.run.bind(SET_PLACES), [this.#places], doubts.flat())) continue
      for (const [namespace] of doubts) this.#ledger.doubt(namespace)
      return
    }
  }

  #doubts(): readonly (readonly [namespace: string, places: number])[] {
    return this.#ledger.takeDoubts(TOLD_AT_ONCE)
  }

  /** Work that nobody waits for: whether it was done. */
  async #quietly(
    work: (redis: Redis, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>,
    keys: readonly string[],
    args: readonly (string | number)[] = [],
  ): Promise<boolean> {
    try {
      await this.#ask((redis) => work(redis, keys, args))
      return true
    } catch (err) {
      this.#context.logger[isRefusal(err) ? 'warn' : 'debug']({ err }, 'rate limiter could not tell Redis; it will')
      return false
    }
  }
}

function tooMany(count: number, limit: number, leftMs: number): RateDecision {
  return { allowed: false, count, limit, ...(limit > 0 ? { retryAfterMs: leftMs } : {}) }
}

/** Limits that hold exactly over all controllers. @throws ERR_CONFIG an option is wrong. */
export function redisRateLimiter(options: RedisRateLimiterOptions): Adapter<RedisRateLimiter> {
  const settings = parseOptions(redisRateLimiterOptions, options)
  return { ...ADAPTER, build: (context) => new RedisRateLimiter(settings, context) }
}
