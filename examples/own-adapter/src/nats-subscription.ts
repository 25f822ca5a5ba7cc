import {
  bytesBody,
  isPlatformError,
  type AdapterContext,
  type MessageHandler,
  type Subscription,
  type Timer,
} from '@stemcell/core'
import { createInbox, Events, nanos, type KV, type Msg, type NatsConnection, type Sub } from 'nats'
import { NatsDelivery } from './nats-delivery.ts'

export interface SubscriptionParts {
  readonly connection: NatsConnection
  readonly released: KV
  readonly stream: string
  readonly consumer: string
  readonly concurrency: number
  readonly redeliverAfterMs: number
  readonly leaseMs: number
  readonly handler: MessageHandler
  /** Makes stream and consumer again, should somebody have removed them. */
  readonly rejoin: () => Promise<void>
  readonly ended: () => void
}

interface Held {
  readonly message: NatsDelivery
  readonly abort: AbortController
  /** Monotonic ms until which nobody else gets it. */
  leasedUntil: number
  released: number
}

const PULL_MS = 30_000
const RETRY_MS = 500

/** Asks for as many messages as may run at once, never for more; one request is on its way at a time. */
export class NatsSubscription implements Subscription {
  readonly #parts: SubscriptionParts
  readonly #context: AdapterContext
  readonly #held = new Set<Held>()
  readonly #inbox = createInbox()
  #sub: Sub<Msg> | undefined
  /** Asked for and not come. */
  #outstanding = 0
  #running = 0
  #isClosed = false
  #closing: Promise<void> | undefined
  #overdue: Timer | undefined
  #renewal: Timer | undefined
  #onEnd: (() => void) | undefined

  constructor(parts: SubscriptionParts, context: AdapterContext) {
    this.#parts = parts
    this.#context = context
  }

  async start(): Promise<void> {
    const { connection, leaseMs } = this.#parts
    this.#sub = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) this.#context.logger.warn({ err: error }, 'nats: subscription')
        else this.#take(message)
      },
    })
    void this.#watchConnection()
    this.#renewal = this.#context.clock.setTimer(leaseMs / 3, () => this.#renew())
    this.#pull()
    await connection.flush()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { ended } = this.#parts
    this.#isClosed = true
    this.#overdue?.cancel()
    for (const { abort } of this.#held) abort.abort()
    // Whatever the server sent before it knew is here after the flush, and was given back.
    this.#sub?.unsubscribe()
    await this.#flush()
    while (this.#running > 0) await new Promise<void>((resolve) => (this.#onEnd = resolve))
    this.#renewal?.cancel()
    await this.#flush()
    ended()
  }

  /** Where the connection breaks, the server gives to others what it did not hear about, once its lease is over. */
  async #flush(): Promise<void> {
    const { connection } = this.#parts
    if (connection.isClosed()) return
    try {
      await connection.flush()
    } catch (err) {
      this.#context.logger.warn({ err }, 'nats: the connection broke while a subscription closed')
    }
  }

  #pull(): void {
    const { connection, stream, consumer, concurrency } = this.#parts
    const room = concurrency - this.#running
    if (this.#isClosed || this.#outstanding > 0 || room === 0 || connection.isClosed()) return
    this.#outstanding = room
    const request = { batch: room, expires: nanos(PULL_MS) }
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify(request), {
      reply: this.#inbox,
    })
    this.#overdue?.cancel()
    this.#overdue = this.#context.clock.setTimer(PULL_MS * 1.1, () => this.#again())
  }

  /** The request is over, whatever came of it. */
  #again(): void {
    this.#outstanding = 0
    this.#pull()
  }

  #take(message: Msg): void {
    const status = message.headers?.code ?? 0
    if (status > 0 && message.data.length === 0) return this.#told(status, message.headers?.description ?? '')
    if (this.#outstanding > 0) this.#outstanding--
    const delivery = new NatsDelivery(message)
    if (this.#isClosed) delivery.again(0)
    else void this.#deliver(delivery)
    this.#pull()
  }

  #told(status: number, text: string): void {
    // 404 and 408: there was nothing, or less than was asked for.
    if (status === 404 || status === 408) return this.#again()
    this.#context.logger.warn({ status, text, consumer: this.#parts.consumer }, 'nats: the server ended a request')
    this.#overdue?.cancel()
    this.#overdue = this.#context.clock.setTimer(RETRY_MS, () => {
      this.#parts.rejoin().then(
        () => this.#again(),
        (err: unknown) => {
          this.#context.logger.warn({ err }, 'nats: the consumer is not there yet')
          this.#told(status, text)
        },
      )
    })
  }

  async #deliver(message: NatsDelivery): Promise<void> {
    const { clock, logger } = this.#context
    const { leaseMs, handler, redeliverAfterMs } = this.#parts
    const held: Held = {
      message,
      abort: new AbortController(),
      leasedUntil: clock.monotonic() + leaseMs,
      released: 0,
    }
    this.#held.add(held)
    this.#running++
    try {
      const { count } = message
      if (count > 1) held.released = await this.#releasedOf(message)
      const attempt = Math.max(1, count - held.released)
      await handler({ body: bytesBody(message.data), attempt, signal: held.abort.signal })
      message.done()
    } catch (err) {
      logger.warn({ err, redeliverAfterMs }, 'handler rejected a message; it will be delivered again')
      await this.#giveBack(held, isPlatformError(err, 'ERR_RELEASED'))
    } finally {
      this.#held.delete(held)
      this.#running--
      this.#onEnd?.()
      this.#pull()
    }
  }

  async #giveBack(held: Held, isReleased: boolean): Promise<void> {
    const { released, redeliverAfterMs } = this.#parts
    const { message } = held
    // Once the lease is over the message is another's, and so is the count.
    if (isReleased && this.#context.clock.monotonic() < held.leasedUntil) {
      await released.put(this.#keyOf(message), String(held.released + 1)).catch((err: unknown) => {
        this.#context.logger.warn({ err }, 'nats: a released message will count as an attempt')
      })
    }
    message.again(redeliverAfterMs)
  }

  async #releasedOf(message: NatsDelivery): Promise<number> {
    const entry = await this.#parts.released.get(this.#keyOf(message))
    return entry ? Number(entry.string()) || 0 : 0
  }

  #keyOf({ sequence }: NatsDelivery): string {
    return `${this.#parts.stream}.${this.#parts.consumer}.${sequence}`
  }

  /** Tells the server that the held messages are being worked on, and their handlers when it may not have heard that. */
  #renew(): void {
    const { clock, logger } = this.#context
    const { connection, leaseMs } = this.#parts
    const now = clock.monotonic()
    const kept = [...this.#held].filter((held) => {
      if (now < held.leasedUntil) return true
      if (!held.abort.signal.aborted) logger.warn({}, 'nats: the lease of a message was lost; another may have it')
      held.abort.abort()
      return false
    })
    if (kept.length > 0 && !connection.isClosed()) {
      for (const { message } of kept) message.stillHeld()
      connection.flush().then(
        () => {
          // An answer that took longer than the lease came too late for it.
          for (const held of kept) if (clock.monotonic() < held.leasedUntil) held.leasedUntil = now + leaseMs
        },
        (err: unknown) => logger.warn({ err }, 'nats: leases were not renewed'),
      )
    }
    this.#renewal = clock.setTimer(leaseMs / 3, () => this.#renew())
  }

  /** A request dies with the connection it was sent on. */
  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#parts.connection.status()) {
      if (this.#isClosed) return
      if (type === Events.Reconnect) this.#again()
    }
  }
}
