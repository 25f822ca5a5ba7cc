import type { Logger } from '../log.ts'
import type { Subscription } from '../queue/queue.ts'
import type { Clock } from '../time/clock.ts'
import type { HealthPing } from './health-ping.ts'
import { within } from '../time/within.ts'

/** How long a queue may take to be told; then the next ping has to do. */
const ANNOUNCE_LIMIT_MS = 5_000
/**
 * What controllers sent before they heard of it is still taken for so long. Left in the queue it would wait until the
 * invoker is enabled again, or until its controller gives it up.
 */
const HANDOVER_MS = 500

export interface AvailabilityParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly ping: HealthPing
  /** Begins to take work from the invoker's topic. */
  readonly subscribe: () => Promise<Subscription>
}

/** Whether the invoker takes work: what its pings say, and its subscription after them. Changes happen one by one. */
export class Availability {
  readonly #parts: AvailabilityParts
  #handover = new AbortController()
  #wanted = true
  #ended = false
  #subscription: Subscription | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #ending: Promise<unknown> = Promise.resolve()

  constructor(parts: AvailabilityParts) {
    this.#parts = parts
  }

  get isEnabled(): boolean {
    return this.#wanted
  }

  /** @throws what subscribing throws; it is then as it was. */
  async open(): Promise<void> {
    this.#subscription = await this.#parts.subscribe()
    this.#parts.ping.start()
  }

  /** Resolves when work is taken and the controllers are told; false: it was so before. */
  enable(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#subscription || this.#ended) return false
      this.#subscription = await this.#parts.subscribe()
      this.#wanted = true
      await this.#announce()
      return true
    })
  }

  /** Resolves when nothing more is taken; what was taken goes on. False: it was so before. */
  disable(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#subscription) return false
      this.#wanted = false
      const handover = new AbortController()
      this.#handover = handover
      await this.#announce()
      await this.#parts.clock.sleep(HANDOVER_MS, handover.signal)
      this.#leave()
      return true
    })
  }

  /** From now on nothing is taken, also where `disable` would still take what was sent before it was heard of. */
  leaveAtOnce(): void {
    this.#handover.abort()
    this.#leave()
  }

  /** Like `disable`, but at once, and resolves when all handlers have ended. Ends for good. */
  async end(): Promise<void> {
    this.#ended = true
    this.#wanted = false
    const announced = this.#announce()
    this.leaveAtOnce()
    // A change that was under way may have subscribed after all.
    await this.#turn
    this.#leave()
    await Promise.all([announced, this.#ending])
  }

  stop(): void {
    this.#parts.ping.stop()
  }

  #inTurn(change: () => Promise<boolean>): Promise<boolean> {
    const changed = this.#turn.then(change)
    // Whoever asked hears of the failure; the next change is not concerned.
    this.#turn = changed.catch(() => undefined)
    return changed
  }

  async #announce(): Promise<void> {
    const { clock, ping } = this.#parts
    await within(clock, ping.announce(this.#wanted), ANNOUNCE_LIMIT_MS)
  }

  /** Closing waits for the handlers, which is for nobody but `end` to wait for. */
  #leave(): void {
    const subscription = this.#subscription
    this.#subscription = undefined
    if (subscription) this.#ending = Promise.all([this.#ending, this.#close(subscription)])
  }

  async #close(subscription: Subscription): Promise<void> {
    try {
      await subscription.close()
    } catch (err) {
      this.#parts.logger.warn({ err }, 'subscription not closed')
    }
  }
}
