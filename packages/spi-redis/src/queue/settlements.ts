import { isPlatformError, type AdapterContext, type Timer } from '@stemcell/core'
import type { Redis } from 'ioredis'
import type { RedisConnection } from '../connection/redis-connection.ts'
import type { Entry, StreamLetter } from './entry.ts'
import { ACKNOWLEDGE, PARK } from './queue-scripts.ts'
import type { GroupKeys } from './topic-keys.ts'

/** Of one script: nothing else is served while it runs. */
const MOST_ACKNOWLEDGED_AT_ONCE = 200
/** What handlers have to say travels together, and not while the answer to the first is on its way. */
const TELL_WITHIN_MS = 20
const RETRY_PAUSE_MS = 100

export interface SettlementTarget {
  readonly keys: GroupKeys
  readonly group: string
  readonly redeliverAfterMs: number
  /** So many acknowledgements do not wait for others. */
  readonly mostUntold: number
  /** Called when Redis knows what became of the entry. */
  readonly settled: (entry: Entry) => void
  /** Called with the time after which something delayed is due, ms; -1 for never. */
  readonly due: (afterMs: number) => void
}

/**
 * Tells Redis what became of messages, off the path of their handlers: acknowledgements of some milliseconds, and those
 * that come while one is under way, travel together. While Redis is away they are kept, and told again when it is back.
 */
export class Settlements {
  readonly #connection: RedisConnection
  readonly #target: SettlementTarget
  readonly #context: AdapterContext
  readonly #giveUp = new AbortController()
  readonly #acknowledged: Record<StreamLetter, Entry[]> = { s: [], r: [] }
  readonly #underway = new Set<Promise<void>>()
  #flushing = false
  #telling: Timer | undefined

  constructor(connection: RedisConnection, target: SettlementTarget, context: AdapterContext) {
    this.#connection = connection
    this.#target = target
    this.#context = context
  }

  acknowledge(entry: Entry): void {
    this.#acknowledged[entry.stream].push(entry)
    if (this.#flushing) return
    const { s, r } = this.#acknowledged
    if (s.length + r.length >= this.#target.mostUntold) this.#flushNow()
    else this.#telling ??= this.#context.clock.setTimer(TELL_WITHIN_MS, () => this.#flushNow())
  }

  /** Has the message delivered again, after the delay and as this attempt. */
  reject(entry: Entry, attempt: number): void {
    const { keys, group, redeliverAfterMs } = this.#target
    const args = [group, entry.id, Math.max(0, Math.ceil(redeliverAfterMs)), attempt, entry.stream]
    this.#track(
      this.#insist(async (redis) => {
        const afterMs = await PARK.run(redis, [this.#key(entry.stream), keys.delayed, keys.parked], args)
        this.#target.settled(entry)
        this.#target.due(Number(afterMs))
      }),
    )
  }

  /** Resolves once Redis knows everything, or after one more try where it does not answer. */
  async finish(): Promise<void> {
    this.#giveUp.abort()
    if (!this.#flushing) this.#flushNow()
    while (this.#underway.size > 0) await Promise.all(this.#underway)
  }

  #flushNow(): void {
    this.#telling?.cancel()
    this.#telling = undefined
    this.#flushing = true
    this.#track(this.#flush())
  }

  async #flush(): Promise<void> {
    try {
      for (let stream = this.#next(); stream; stream = this.#next()) {
        const entries = this.#acknowledged[stream].splice(0, MOST_ACKNOWLEDGED_AT_ONCE)
        const ids = entries.map(({ id }) => id)
        const key = this.#key(stream)
        await this.#insist(async (redis) => {
          await ACKNOWLEDGE.run(redis, [key], [this.#target.group, ...ids])
          for (const entry of entries) this.#target.settled(entry)
        })
      }
    } finally {
      this.#flushing = false
    }
  }

  #next(): StreamLetter | undefined {
    if (this.#acknowledged.s.length > 0) return 's'
    return this.#acknowledged.r.length > 0 ? 'r' : undefined
  }

  #key(stream: StreamLetter): string {
    return stream === 's' ? this.#target.keys.stream : this.#target.keys.retry
  }

  #track(work: Promise<void>): void {
    this.#underway.add(work)
    void work.then(() => this.#underway.delete(work))
  }

  /** Never rejects: what cannot be told is delivered again when the lease has ended. */
  async #insist(command: (redis: Redis) => Promise<void>): Promise<void> {
    for (;;) {
      const last = this.#giveUp.signal.aborted
      try {
        return await this.#connection.run(command)
      } catch (err) {
        if (last || !isPlatformError(err, 'ERR_UNAVAILABLE')) {
          this.#context.logger.warn({ err }, 'outcome of messages not written to Redis; they will be delivered again')
          return
        }
      }
      await this.#context.clock.sleep(RETRY_PAUSE_MS, this.#giveUp.signal)
    }
  }
}
