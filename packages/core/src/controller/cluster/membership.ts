import type { Logger } from '../../log.ts'
import { CONTROLLERS_TOPIC, controllerPingBody, readControllerPing } from '../../messages/controller-ping.ts'
import type { Delivery, Queue, Subscription } from '../../queue/queue.ts'
import type { Clock, Timer } from '../../time/clock.ts'

export interface MembershipParts {
  readonly controllerId: string
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  /** Called when a controller came or went, with the number of those that live. */
  readonly onChange: (controllers: number) => void
  /** Called once for each other controller that was silent for {@link GONE_AFTER_MS}. */
  readonly onGone: (controllerId: string) => void
}

const PERIOD_MS = 1_000
/** A tick that comes later than this after the one before means that this process did not run, ms. */
const STOOD_STILL_MS = 5_000
/** A controller that was silent for this long no longer counts, ms. */
export const MEMBER_SILENCE_MS = 10_000
/** A controller that was silent for this long will not come back to what it had in hand, ms. */
export const GONE_AFTER_MS = 30_000
const RETENTION_MS = 300_000

/**
 * Which controllers there are, from what they say of themselves on a topic. Nobody decides it: for a moment two may
 * see different members, so that nothing that depends on it may be wrong when done twice or by nobody for a while.
 */
export class Membership {
  readonly #parts: MembershipParts
  /** Others, by id: when they were last heard, monotonic ms. */
  readonly #heard = new Map<string, number>()
  /** Those among them that do not count. */
  readonly #silent = new Set<string>()
  #subscription: Subscription | undefined
  #timer: Timer | undefined
  #sending: Promise<void> | undefined
  #enabled = true
  #size = 1
  #openedMs = 0
  #tickedMs = 0

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  async open(): Promise<void> {
    const { queue, controllerId } = this.#parts
    this.#enabled = true
    this.#openedMs = this.#parts.clock.monotonic()
    this.#tickedMs = this.#openedMs
    await queue.ensureTopic(CONTROLLERS_TOPIC, { retentionMs: RETENTION_MS })
    const options = { group: `${CONTROLLERS_TOPIC}${controllerId}`, concurrency: 1, repeatable: true }
    this.#subscription = await queue.subscribe(CONTROLLERS_TOPIC, options, (delivery) => this.#heardOf(delivery))
    this.#tick()
  }

  /** Says that this controller leaves. Resolves when the queue has it, or refused it. */
  async leave(): Promise<void> {
    if (!this.#enabled) return
    this.#enabled = false
    await this.#sending
    await this.#send()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#subscription?.close()
    this.#subscription = undefined
  }

  /** Controllers that live, this one included. */
  get size(): number {
    return this.#size
  }

  /** Whether what one of all has to do is done here: by the first of those that live, in order of their ids. */
  get isFirst(): boolean {
    for (const id of this.#heard.keys()) if (!this.#silent.has(id) && id < this.#parts.controllerId) return false
    return this.#enabled
  }

  /** Whether the controller may still be there: it was heard of lately, or this one has not listened long enough. */
  mayLive(controllerId: string): boolean {
    const { controllerId: own, clock } = this.#parts
    return controllerId === own || this.#heard.has(controllerId) || clock.monotonic() - this.#openedMs <= GONE_AFTER_MS
  }

  #tick(): void {
    const { clock } = this.#parts
    this.#timer = clock.setTimer(PERIOD_MS, () => this.#tick())
    // A queue that hangs gets one ping at a time.
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined
    })
    const now = clock.monotonic()
    if (now - this.#tickedMs > STOOD_STILL_MS) this.#listenAnew(now)
    this.#tickedMs = now
    for (const [id, lastMs] of this.#heard) {
      if (now - lastMs > GONE_AFTER_MS) this.#gone(id)
      else if (now - lastMs > MEMBER_SILENCE_MS) this.#silent.add(id)
    }
    this.#count()
  }

  /** This process stood still: nobody was silent who was not listened to. */
  #listenAnew(nowMs: number): void {
    this.#openedMs = nowMs
    for (const id of this.#heard.keys()) this.#heard.set(id, nowMs)
  }

  #heardOf({ body }: Delivery): void {
    const { controllerId, clock, logger } = this.#parts
    try {
      const ping = readControllerPing(body)
      if (ping.controllerId === controllerId) return
      this.#heard.set(ping.controllerId, clock.monotonic())
      // One that leaves takes nothing more, but may have much to finish.
      if (ping.enabled) this.#silent.delete(ping.controllerId)
      else this.#silent.add(ping.controllerId)
      this.#count()
    } catch (err) {
      logger.warn({ err }, 'unreadable ping of a controller dropped')
    }
  }

  #gone(id: string): void {
    this.#heard.delete(id)
    this.#silent.delete(id)
    this.#parts.onGone(id)
  }

  #count(): void {
    const size = 1 + this.#heard.size - this.#silent.size
    if (size === this.#size) return
    this.#size = size
    this.#parts.logger.info({ controllers: size }, 'number of controllers changed')
    this.#parts.onChange(size)
  }

  async #send(): Promise<void> {
    const { queue, controllerId, logger } = this.#parts
    try {
      await queue.publish(CONTROLLERS_TOPIC, controllerPingBody({ controllerId, enabled: this.#enabled }))
    } catch (err) {
      logger.warn({ err }, 'ping of the controller not sent')
    }
  }
}
