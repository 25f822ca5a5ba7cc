import type { AdapterContext, Timer } from '@stemcell/core'
import type { Redis } from 'ioredis'
import { listOf, textOf, type Reply } from '../connection/lua-script.ts'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { isRefusal } from '../connection/to-platform-error.ts'
import type { Entry } from './entry.ts'
import { GIVE_BACK, JOIN, KEEP, RELEASE } from './queue-scripts.ts'
import type { GroupKeys } from './topic-keys.ts'

export interface Membership {
  readonly keys: GroupKeys
  readonly group: string
  readonly consumer: string
  readonly leaseMs: number
  /** What this consumer holds; its lease is renewed. */
  readonly held: () => Iterable<Entry>
  /** Called with the names of entries that somebody else may have by now. */
  readonly lost: (names: readonly string[]) => void
}

/**
 * One consumer in its group. Three times per lease it renews what it holds and looks after the group: messages that
 * nobody renewed are put back, those that are due again are released, dead consumers are forgotten.
 */
export class GroupMember {
  readonly #connection: RedisConnection
  readonly #membership: Membership
  readonly #context: AdapterContext
  readonly #stopListening: () => void
  #takeOverFromMs = 0
  #keeping: Timer | undefined
  #releasing: { readonly timer: Timer; readonly atMs: number } | undefined
  #left = false

  constructor(connection: RedisConnection, membership: Membership, context: AdapterContext) {
    this.#connection = connection
    this.#membership = membership
    this.#context = context
    this.#stopListening = connection.onReturn(() => {
      // After an outage the others must have had time to renew what they hold.
      this.#takeOverFromMs = context.clock.monotonic() + membership.leaseMs
      this.#keepSoon(0)
    })
  }

  /** @param start where a group begins that does not exist: `$` at what comes from now on, `0` at all there is. */
  async join(start: '$' | '0'): Promise<void> {
    const { keys, group, consumer } = this.#membership
    await this.#connection.run((redis) =>
      JOIN.run(redis, [keys.stream, keys.retry, keys.alive], [group, consumer, start]),
    )
    this.#keepSoon(0)
  }

  /** Releases what is delayed once that is due. -1 stands for never. */
  releaseAfter(delayMs: number): void {
    if (delayMs < 0 || this.#left) return
    const { clock } = this.#context
    const atMs = clock.monotonic() + delayMs
    if (this.#releasing && this.#releasing.atMs <= atMs) return
    this.#releasing?.timer.cancel()
    const timer = clock.setTimer(delayMs, () => {
      this.#releasing = undefined
      void this.release()
    })
    this.#releasing = { timer, atMs }
  }

  async release(): Promise<void> {
    const { retry, delayed, parked } = this.#membership.keys
    await this.#quietly('release delayed messages', async () => {
      const nextMs = await this.#connection.run((redis) => RELEASE.run(redis, [retry, delayed, parked], []))
      this.releaseAfter(Number(nextMs))
    })
  }

  /** Puts back what Redis thinks that this consumer holds, and it does not: answers that never arrived. */
  giveBack(): Promise<void> {
    return this.#giveBack(false)
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#keeping?.cancel()
    this.#releasing?.timer.cancel()
    this.#stopListening()
    await this.#giveBack(true)
  }

  async #giveBack(leaving: boolean): Promise<void> {
    const { keys, group, consumer, held } = this.#membership
    const kept = Array.from(held(), ({ name }) => name)
    const names = [keys.stream, keys.retry, keys.delayed, keys.alive]
    const command = (redis: Redis): Promise<Reply> =>
      GIVE_BACK.run(redis, names, [group, consumer, leaving ? '1' : '0', ...kept])
    // Who leaves does not wait for Redis: the lease ends without a word, too.
    await this.#quietly('give messages back', () =>
      leaving ? this.#connection.runNow(command) : this.#connection.run(command),
    )
  }

  #keepSoon(delayMs: number): void {
    this.#keeping?.cancel()
    if (this.#left) return
    this.#keeping = this.#context.clock.setTimer(delayMs, () => {
      void this.#keep().then(() => this.#keepSoon(this.#membership.leaseMs / 3))
    })
  }

  async #keep(): Promise<void> {
    const { keys, group, consumer, leaseMs, held, lost } = this.#membership
    await this.#quietly('renew leases', async () => {
      const reply = await this.#connection.run((redis) => {
        const entries = [...held()]
        const ids = (letter: string): string[] => entries.flatMap(({ stream, id }) => (stream === letter ? [id] : []))
        const mayTakeOver = this.#context.clock.monotonic() >= this.#takeOverFromMs
        const streamIds = ids('s')
        return KEEP.run(
          redis,
          [keys.stream, keys.retry, keys.delayed, keys.parked, keys.alive],
          [group, consumer, leaseMs, mayTakeOver ? '1' : '0', streamIds.length, ...streamIds, ...ids('r')],
        )
      })
      const [nextMs, ...names] = listOf(reply)
      this.releaseAfter(Number(nextMs))
      if (names.length > 0) lost(names.map(textOf))
    })
  }

  /** The work of the background: what fails is tried again, at the latest with the next renewal. */
  async #quietly(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (err) {
      const { group } = this.#membership
      const level = isRefusal(err) ? 'warn' : 'debug'
      this.#context.logger[level]({ group, what, err }, 'background work of a queue failed and will be done later')
    }
  }
}
