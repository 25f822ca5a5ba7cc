import {
  adapterContext,
  type Adapter,
  type AdapterContext,
  type EntryDecision,
  type EntryRequest,
  type FireRequest,
  type MaybePromise,
  type RateDecision,
  type RateLimiter,
  type RateLimiterCapabilities,
  type Timer,
} from '@stemcell/core'
import type { Redis } from 'ioredis'
import { ConnectionSession } from '../connection/connection-session.ts'
import { isRefusal } from '../connection/to-platform-error.ts'
import { listOf } from '../connection/lua-script.ts'
import {
  ADAPTER,
  parseOptions,
  redisRateLimiterOptions,
  type RedisRateLimiterOptions,
  type RedisRateLimiterSettings,
} from '../redis-options.ts'
import { escapeName } from '@stemcell/core/sorted-store'
import { NamespaceShare, type Answer, type Question } from './namespace-share.ts'
import { ASK, COUNT_FIRE, FORGET, RENEW } from './rate-scripts.ts'

/** How often what is leased is looked through: what was not needed is given back. */
const TURN_MS = 20
/** A process that was stopped for longer asks again before it lets anybody in. */
const BLOCK_MS = 250
/** Near a limit others may have leased what they do not need; they say so within a turn. */
const ASK_AGAIN_MS = 10
const LONGEST_WAIT_MS = 3 * TURN_MS

/**
 * Counts in Redis, in minutes of its clock, so that limits hold over all controllers together. While a limit is far, a
 * process leases permits and places in blocks, which Redis counts as used, and lets requests in without asking. Near
 * the limit there are no blocks: each question travels, together with those that come meanwhile. Giving a place back is
 * a step that nobody waits for. The places of a process that died are free again when its lease has ended.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly capabilities: RateLimiterCapabilities = { scope: 'cluster' }
  readonly #settings: RedisRateLimiterSettings
  readonly #context: AdapterContext
  readonly #session: ConnectionSession
  readonly #base: string
  readonly #processes: string
  readonly #process: string
  readonly #shares = new Map<string, NamespaceShare>()
  readonly #left = new Set<string>()
  #turn: Timer | undefined
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
    this.#turn?.cancel()
    this.#turn = undefined
    if (this.#renewal) {
      const leased = [...this.#shares].filter(([, share]) => share.isLeased)
      await Promise.all(
        leased.map(([namespace, share]) => {
          share.retire()
          return this.#serve(namespace, share)
        }),
      )
      this.#renewal = undefined
      this.#shares.clear()
      await this.#quietly(FORGET.run.bind(FORGET), [this.#processes, this.#places], [this.#process])
    }
    await this.#session.close()
  }

  enter({ namespaceId, perMinute, concurrent }: EntryRequest): MaybePromise<EntryDecision> {
    const namespace = escapeName(namespaceId)
    let share = this.#shares.get(namespace)
    if (!share) this.#shares.set(namespace, (share = new NamespaceShare()))
    const decision = share.enter({ perMinute, concurrent }, this.#context.clock.monotonic())
    if (decision) return decision
    return new Promise((resolve, reject) => {
      share.queue.push({ perMinute, concurrent, hasPermit: false, resolve, reject })
      void this.#serve(namespace, share)
    })
  }

  async countFire({ namespaceId, perMinute }: FireRequest): Promise<RateDecision> {
    const keys = [this.#counter('fires', escapeName(namespaceId))]
    const reply = await this.#ask((redis) => COUNT_FIRE.run(redis, keys, []))
    const [count = 0, leftMs = 0] = listOf(reply).map(Number)
    return count <= perMinute ? { allowed: true, count, limit: perMinute } : tooMany(count, perMinute, leftMs)
  }

  leave(namespaceId: string): void {
    const namespace = escapeName(namespaceId)
    const share = this.#shares.get(namespace)
    if (!share?.leave()) return
    share.untold = true
    if (this.#left.size === 0) {
      // The answer to whoever was in goes first.
      setImmediate(() => {
        const left = [...this.#left]
        this.#left.clear()
        for (const name of left) this.#serveKnown(name)
      })
    }
    this.#left.add(namespace)
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

  #serveKnown(namespace: string): void {
    const share = this.#shares.get(namespace)
    if (share) void this.#serve(namespace, share)
  }

  /** Asks and tells, one question at a time, until there is nothing to say. Never rejects. */
  async #serve(namespace: string, share: NamespaceShare): Promise<void> {
    if (share.asking) return
    share.asking = true
    const { clock } = this.#context
    let waitsUntilMs: number | undefined
    while (share.queue.length > 0 || (share.untold && this.#shares.get(namespace) === share)) {
      const nowMs = clock.monotonic()
      const question = share.ask(nowMs)
      const isFinal = waitsUntilMs !== undefined && nowMs >= waitsUntilMs
      try {
        const answer = await this.#askFor(namespace, question, isFinal)
        const longestMs = Math.min(answer.leftMs, BLOCK_MS, this.#settings.leaseMs / 2)
        if (!share.answered(question, answer, nowMs + longestMs)) {
          waitsUntilMs = undefined
          continue
        }
      } catch (error) {
        share.failed(question, error)
        if (question.entrants.length === 0) this.#untold(error)
        // It is told with the next renewal, or when somebody asks.
        if (share.queue.length === 0) break
        continue
      }
      waitsUntilMs ??= nowMs + LONGEST_WAIT_MS
      await clock.sleep(ASK_AGAIN_MS)
    }
    share.asking = false
    if (share.isIdle) {
      if (this.#shares.get(namespace) === share) this.#shares.delete(namespace)
    } else if (share.isLeased) this.#turnLater()
  }

  async #askFor(namespace: string, question: Question, isFinal: boolean): Promise<Answer> {
    const { perMinute, concurrent, minute, returned, settled, keptPermits, keptPlaces, relaxed } = question
    const { entrants, withPermit, permits, places } = question
    const keys = [this.#counter('invocations', namespace), this.#processes]
    const who = [this.#process, this.#placesPrefix, this.#settings.leaseMs, namespace]
    const held = [minute, returned, settled, keptPermits, keptPlaces, relaxed ? 1 : 0]
    const wanted = [withPermit, entrants.length - withPermit, permits, places, isFinal ? 1 : 0]
    const args = [...who, perMinute, concurrent, ...held, ...wanted]
    const reply = await this.#ask((redis) => ASK.run(redis, keys, args))
    const numbers = listOf(reply).map(Number)
    const at = (index: number): number => numbers[index]!
    return {
      minute: at(0),
      leftMs: at(1),
      passed: at(2),
      counted: at(3),
      minuteAgain: at(4) === 1,
      extra: at(5),
      hasBlocks: at(6) === 1,
      others: at(7),
      granted: at(8),
      placesAgain: at(9) === 1,
      spare: at(10),
      roomy: at(11) === 1,
    }
  }

  #turnLater(): void {
    if (!this.#renewal) return
    this.#turn ??= this.#context.clock.setTimer(TURN_MS, () => {
      this.#turn = undefined
      for (const [namespace, share] of this.#shares) {
        if (!share.isLeased) continue
        share.turn()
        void this.#serve(namespace, share)
      }
    })
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
        if ((await RENEW.run(redis, keys, args)) === 0) for (const share of this.#shares.values()) share.doubt()
      },
      [this.#processes, this.#places],
    )
    if (!renewed) return
    for (const [namespace, share] of this.#shares) if (share.untold) void this.#serve(namespace, share)
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
    } catch (error) {
      this.#untold(error)
      return false
    }
  }

  #untold(err: unknown): void {
    this.#context.logger[isRefusal(err) ? 'warn' : 'debug']({ err }, 'rate limiter could not tell Redis; it will')
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
