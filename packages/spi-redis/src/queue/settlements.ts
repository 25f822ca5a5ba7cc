import { isPlatformError, type AdapterContext } from '@stemcell/core'
import type { Redis } from 'ioredis'
import type { RedisConnection } from '../connection/redis-connection.ts'
import type { Entry, StreamLetter } from './entry.ts'
import { ACKNOWLEDGE, PARK } from './queue-scripts.ts'
import type { GroupKeys } from './topic-keys.ts'

/** Lua's stack bounds the arguments of one call. */
const MOST_AT_ONCE = 1000
const RETRY_PAUSE_MS = 100
/** Redis works on one thing at a time: an acknowledgement at once would delay what the handler has just published. */
const ACKNOWLEDGE_WITHIN_MS = 2

export interface SettlementTarget {
  readonly keys: GroupKeys
  readonly group: string
  readonly redeliverAfterMs: number
  /** Called when Redis knows what became of the entry. */
  readonly settled: (entry: Entry) => void
  /** Called with the time after which something delayed is due, ms; -1 for never. */
  readonly due: (afterMs: number) => void
}

/**
 * Tells Redis what became of messages, off the path of their handlers: acknowledgements that come within a moment, or
 * while some are under way, travel together. While Redis is away they are kept, and told again when it is back.
 */
export class Settlements {
  readonly #connection: RedisConnection
  readonly #target: SettlementTarget
  readonly #context: AdapterContext
  readonly #giveUp = new AbortController()
  readonly #acknowledged: Record<StreamLetter, Entry[]> = { s: [], r: [] }
  readonly #underway = new Set<Promise<void>>()
  #flushing = false

  constructor(connection: RedisConnection, target: SettlementTarget, context: AdapterContext) {
    this.#connection = connection
    this.#target = target
    this.#context = context
  }

  acknowledge(entry: Entry): void {
    this.#acknowledged[entry.stream].push(entry)
    if (this.#flushing) return
    this.#flushing = true
    this.#track(this.#context.clock.sleep(ACKNOWLEDGE_WITHIN_MS, this.#giveUp.signal).then(() => this.#flush()))
  }

  /** Has the message delivered again, after the delay and with the next attempt. */
  reject(entry: Entry): void {
    const { keys, group, redeliverAfterMs } = this.#target
    const args = [group, entry.id, Math.max(0, Math.ceil(redeliverAfterMs)), entry.attempt + 1, entry.stream]
    this.#track(
      this.#insist(async (redis) => {
        const afterMs = await PARK.run(redis, [streamOf(keys, entry), keys.delayed, keys.parked], args)
        this.#target.settled(entry)
        this.#target.due(Number(afterMs))
      }),
    )
  }

  /** Resolves once Redis knows everything, or after one more try where it does not answer. */
  async finish(): Promise<void> {
    this.#giveUp.abort()
    while (this.#underway.size > 0) await Promise.all(this.#underway)
  }

  async #flush(): Promise<void> {
    try {
      for (let stream = this.#next(); stream; stream = this.#next()) {
        const entries = this.#acknowledged[stream].splice(0, MOST_AT_ONCE)
        const key = streamOf(this.#target.keys, entries[0]!)
        const args = [this.#target.group, ...entries.map(({ id }) => id)]
        await this.#insist(async (redis) => {
          await ACKNOWLEDGE.run(redis, [key], args)
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
          this.#context.logger.warn({ err }, 'Redis was not told what became of messages; they will be delivered again')
          return
        }
      }
      await this.#context.clock.sleep(RETRY_PAUSE_MS, this.#giveUp.signal)
    }
  }
}

function streamOf(keys: GroupKeys, { stream }: Entry): string {
  return stream === 's' ? keys.stream : keys.retry
}
