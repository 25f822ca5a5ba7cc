import {
  isPlatformError,
  isPromise,
  type Clock,
  type Logger,
  type MaybePromise,
  type MessageHandler,
} from '@stemcell/core'
import type { Changes } from './changes.ts'
import type { HeldMessage, Lease } from './lease.ts'

const REJECTED = 'handler rejected a message; it will be delivered again'
const RECORD_AGAIN_MS = 50
const LOOK_AGAIN_MS = 1_000

export interface MessageDispatcherParts {
  readonly concurrency: number
  readonly redeliverAfterMs: number
  /** Messages held at most, in all leases together. */
  readonly maxHeld: number
  readonly handler: MessageHandler
  readonly clock: Clock
  readonly logger: Logger
  readonly leases: () => Iterable<Lease>
  /**
   * Commits that the messages are dispatched, before they are; false when the brokers did not confirm. Absent for
   * subscriptions that are `repeatable`.
   */
  readonly record: (() => Promise<boolean>) | undefined
  /** A message was acknowledged. */
  readonly onAcknowledged: () => void
  /** Told whenever there may be room, or nothing runs any more. */
  readonly changes: Changes
}

type Chosen = readonly [Lease, HeldMessage]

/**
 * Gives messages to the handler, `concurrency` at once. A commit notes that a message is dispatched before the handler
 * gets it, so that the next subscriber after a crash knows; and a subscriber that lost its partition starts nothing. If
 * the subscription is `repeatable`, messages are dispatched without that commit.
 */
export class MessageDispatcher {
  readonly #parts: MessageDispatcherParts
  #running = 0
  #recording = 0
  #scheduled = false
  #stopped = false

  constructor(parts: MessageDispatcherParts) {
    this.#parts = parts
  }

  get running(): number {
    return this.#running
  }

  get held(): number {
    let held = 0
    for (const lease of this.#parts.leases()) held += lease.held
    return held
  }

  /** Whether another message should be read. */
  get hasRoom(): boolean {
    const { concurrency, maxHeld, leases } = this.#parts
    let unhandled = this.#running + this.#recording
    let held = 0
    for (const lease of leases()) {
      unhandled += lease.ready.length
      held += lease.held
    }
    return unhandled < concurrency && held < maxHeld
  }

  /** There may be messages that are ready. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      if (!this.#stopped && this.#recording === 0) void this.#next()
    })
  }

  /** Starts no more; resolves when no handler runs. */
  async stop(): Promise<void> {
    this.#stopped = true
    while (this.#running > 0 || this.#recording > 0) await this.#parts.changes.next(LOOK_AGAIN_MS)
  }

  async #next(): Promise<void> {
    const chosen = this.#choose()
    if (chosen.length === 0) return
    for (const [, message] of chosen) message.attempts++
    const { record } = this.#parts
    let recorded = true
    if (record) {
      this.#recording = chosen.length
      recorded = await record()
      this.#recording = 0
    }
    const startable = ([lease]: Chosen): boolean => recorded && lease.sure && !lease.lost && !this.#stopped
    for (const [lease, message] of chosen.filter((pair) => !startable(pair)).reverse()) {
      message.attempts--
      if (!lease.lost && !this.#stopped) lease.ready.unshift(message)
    }
    for (const [lease, message] of chosen.filter(startable)) this.#start(lease, message)
    this.#parts.changes.announce()
    if (recorded) this.schedule()
    else this.#parts.clock.setTimer(RECORD_AGAIN_MS, () => this.schedule())
  }

  /** As many ready messages as there is room for, of the leases in turn. */
  #choose(): readonly Chosen[] {
    const chosen: Chosen[] = []
    const leases = [...this.#parts.leases()].filter(({ sure }) => sure)
    for (let found = true; found;) {
      found = false
      for (const lease of leases) {
        if (this.#running + chosen.length >= this.#parts.concurrency) return chosen
        const message = lease.ready.shift()
        if (!message) continue
        chosen.push([lease, message])
        found = true
      }
    }
    return chosen
  }

  #start(lease: Lease, message: HeldMessage): void {
    const { handler } = this.#parts
    this.#running++
    let outcome: MaybePromise<void>
    try {
      outcome = handler({ body: message.body, attempt: message.attempts, signal: lease.signal })
    } catch (err) {
      this.#rejected(lease, message, err)
      return
    }
    if (outcome !== undefined && isPromise(outcome)) {
      outcome.then(
        () => this.#acknowledged(lease, message),
        (err: unknown) => this.#rejected(lease, message, err),
      )
    } else {
      this.#acknowledged(lease, message)
    }
  }

  #acknowledged(lease: Lease, message: HeldMessage): void {
    if (!lease.lost) {
      lease.acknowledge(message)
      this.#parts.onAcknowledged()
    }
    this.#ended()
  }

  #rejected(lease: Lease, message: HeldMessage, err: unknown): void {
    const { clock, logger, redeliverAfterMs } = this.#parts
    const again = !lease.lost && !this.#stopped
    logger.warn({ attempt: message.attempts, redeliverAfterMs, err }, REJECTED)
    if (isPlatformError(err, 'ERR_RELEASED')) message.attempts--
    if (again) {
      lease.delay(message, (then) =>
        clock.setTimer(redeliverAfterMs, () => {
          then()
          this.schedule()
        }),
      )
    }
    this.#ended()
  }

  #ended(): void {
    this.#running--
    this.#parts.changes.announce()
    this.schedule()
  }
}
