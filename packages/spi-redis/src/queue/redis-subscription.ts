import {
  isPlatformError,
  isPromise,
  type AdapterContext,
  type MaybePromise,
  type MessageHandler,
  type Subscription,
} from '@stemcell/core'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { Entry } from './entry.ts'
import { GroupMember } from './group-member.ts'
import { Settlements } from './settlements.ts'
import { StreamReader } from './stream-reader.ts'
import type { GroupKeys } from './topic-keys.ts'

export interface SubscriptionParts {
  /** For short commands; shared with others. */
  readonly connection: RedisConnection
  /** For waiting reads; this subscription's own, open. */
  readonly reading: RedisConnection
  readonly keys: GroupKeys
  readonly group: string
  readonly consumer: string
  readonly concurrency: number
  readonly redeliverAfterMs: number
  readonly leaseMs: number
  readonly handler: MessageHandler
}

/** Runs the handler for what the reader brings, never more at once than the concurrency. */
export class RedisSubscription implements Subscription {
  readonly #parts: SubscriptionParts
  readonly #context: AdapterContext
  readonly #member: GroupMember
  readonly #settlements: Settlements
  readonly #reader: StreamReader
  /** Handed out, until Redis knows what became of them. */
  readonly #held = new Map<string, Entry>()
  /** Read beyond the free places, see `#room`: at most one. */
  #surplus: Entry[] = []
  #running = 0
  #filling = false
  #closing: Promise<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(parts: SubscriptionParts, context: AdapterContext) {
    const { connection, reading, keys, group, consumer, leaseMs, redeliverAfterMs } = parts
    this.#parts = parts
    this.#context = context
    this.#member = new GroupMember(
      connection,
      {
        keys,
        group,
        consumer,
        leaseMs,
        held: () => [...this.#held.values(), ...this.#surplus],
        lost: (names) => this.#lost(names),
      },
      context,
    )
    this.#settlements = new Settlements(
      connection,
      {
        keys,
        group,
        redeliverAfterMs,
        mostUntold: parts.concurrency,
        settled: (entry) => this.#held.delete(entry.name),
        due: (afterMs) => this.#member.releaseAfter(afterMs),
      },
      context,
    )
    this.#reader = new StreamReader(reading, { keys, group, consumer, member: this.#member }, context)
  }

  async start(): Promise<void> {
    await this.#member.join('$')
    void this.#reader.run(
      () => this.#room(),
      ({ messages, notices }) => {
        for (const id of notices) this.#settlements.acknowledge(new Entry('r', id, Buffer.alloc(0), 1))
        if (notices.length > 0) void this.#member.release()
        this.#surplus.push(...messages)
        this.#fill()
      },
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const entry of this.#held.values()) entry.abort()
    await this.#reader.stop()
    this.#surplus = []
    if (this.#running > 0) {
      await this.#member.giveBack()
      while (this.#running > 0) await new Promise<void>((resolve) => (this.#onEnd = resolve))
    }
    await this.#settlements.finish()
    await this.#member.leave()
  }

  /**
   * How many messages the reader may ask for, of each of its two streams. With a single free place both may bring
   * one; the second then waits here, leased, and nothing more is read before it has run.
   */
  #room(): number {
    const free = this.#parts.concurrency - this.#running - this.#surplus.length
    return free > 1 ? Math.floor(free / 2) : Math.max(0, free)
  }

  #fill(): void {
    // A handler that has ended when it returns makes room while this loop goes on.
    if (this.#filling) return
    this.#filling = true
    while (!this.#closing && this.#running < this.#parts.concurrency) {
      const entry = this.#surplus.shift()
      if (!entry) break
      this.#deliver(entry)
    }
    this.#filling = false
  }

  #deliver(entry: Entry): void {
    this.#held.set(entry.name, entry)
    this.#running++
    let outcome: MaybePromise<void>
    try {
      outcome = this.#parts.handler(entry)
    } catch (err) {
      this.#rejected(entry, err)
      return
    }
    if (outcome === undefined || !isPromise(outcome)) this.#fulfilled(entry)
    else
      outcome.then(
        () => this.#fulfilled(entry),
        (err: unknown) => this.#rejected(entry, err),
      )
  }

  #fulfilled(entry: Entry): void {
    this.#settlements.acknowledge(entry)
    this.#ended()
  }

  #rejected(entry: Entry, err: unknown): void {
    const { group, redeliverAfterMs } = this.#parts
    const { attempt } = entry
    this.#context.logger.warn(
      { group, attempt, redeliverAfterMs, err },
      'handler rejected a message; it will be delivered again',
    )
    this.#settlements.reject(entry, isPlatformError(err, 'ERR_RELEASED') ? attempt : attempt + 1)
    this.#ended()
  }

  #ended(): void {
    this.#running--
    this.#onEnd?.()
    if (this.#surplus.length > 0) this.#fill()
    this.#reader.roomChanged()
  }

  #lost(names: readonly string[]): void {
    for (const name of names) {
      const entry = this.#held.get(name)
      if (!entry) continue
      this.#context.logger.warn({ group: this.#parts.group }, 'the lease of a message was lost; another may have it')
      entry.abort()
    }
    this.#surplus = this.#surplus.filter(({ name }) => !names.includes(name))
  }
}
