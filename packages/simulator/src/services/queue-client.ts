import {
  bytesBody,
  isPlatformError,
  isPromise,
  PlatformError,
  requireGroupName,
  requireKey,
  requireTopicName,
  type MessageBody,
  type MessageHandler,
  type PublishOptions,
  type Queue,
  type QueueCapabilities,
  type SubscribeOptions,
  type Subscription,
  type Timer,
} from '@stemcell/core'
import type { Host } from '../world/host.ts'
import type { Network } from '../world/network.ts'
import type { Broker, Consumer, Message } from './broker.ts'

const DEFAULT_REDELIVER_AFTER_MS = 1_000
/** How often an acknowledgement that did not get through is sent again, ms. */
const RETRY_MS = 1_000

/** What a client of the queue does wrong when it is told to, as those of earlier platforms did. */
export interface ClientFlaws {
  /** What cannot be published is forgotten, and the publisher told that it was. */
  readonly publishesIntoTheVoid?: boolean
}

/** What a member knows of the queue: a client of the broker, over the network. */
export class QueueClient implements Queue {
  readonly capabilities: QueueCapabilities = {
    ordering: 'none',
    durable: true,
    byReference: false,
    maxBodyBytes: 2 ** 26,
  }
  readonly #host: Host
  readonly #network: Network
  readonly #broker: Broker
  readonly #flaws: ClientFlaws
  readonly #subscriptions = new Set<RemoteSubscription>()
  #isOpen = false

  constructor(host: Host, network: Network, broker: Broker, flaws: ClientFlaws = {}) {
    this.#host = host
    this.#network = network
    this.#broker = broker
    this.#flaws = flaws
  }

  async open(): Promise<void> {
    await this.#network.call(this.#host, 'queue', () => undefined)
    this.#isOpen = true
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()))
    this.#isOpen = false
  }

  async ensureTopic(topic: string): Promise<void> {
    requireTopicName(topic)
    this.#requireOpen()
    await this.#network.call(this.#host, 'queue', () => undefined)
  }

  async publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<void> {
    requireTopicName(topic)
    requireKey(options?.key)
    this.#requireOpen()
    const bytes = Uint8Array.from(body.bytes())
    if (bytes.length > this.capabilities.maxBodyBytes) {
      throw new PlatformError('ERR_TOO_LARGE', `a body of ${bytes.length} bytes`)
    }
    const published = this.#network.call(this.#host, 'queue', () => this.#broker.publish(topic, bytes))
    if (this.#flaws.publishesIntoTheVoid) await published.catch(() => undefined)
    else await published
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    if (!Number.isSafeInteger(options.concurrency) || options.concurrency < 1) throw new TypeError('concurrency')
    requireTopicName(topic)
    requireGroupName(options.group)
    this.#requireOpen()
    const subscription = new RemoteSubscription(this.#host, this.#network, this.#broker, topic, options, handler)
    await this.#network.call(this.#host, 'queue', () => undefined)
    subscription.join()
    this.#subscriptions.add(subscription)
    return subscription
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new PlatformError('ERR_CLOSED', 'simulated queue is not open')
  }
}

interface Held {
  readonly abort: AbortController
  /** A handler works on it. */
  started: boolean
}

class RemoteSubscription implements Subscription, Consumer {
  readonly concurrency: number
  /** Of the broker's books. */
  held = 0
  readonly #host: Host
  readonly #network: Network
  readonly #broker: Broker
  readonly #topic: string
  readonly #group: string
  readonly #redeliverAfterMs: number
  readonly #handler: MessageHandler
  readonly #messages = new Map<Message, Held>()
  readonly #running = new Set<Promise<void>>()
  #renewal: Timer | undefined
  #closing: Promise<void> | undefined

  constructor(
    host: Host,
    network: Network,
    broker: Broker,
    topic: string,
    { concurrency, group, redeliverAfterMs = DEFAULT_REDELIVER_AFTER_MS }: SubscribeOptions,
    handler: MessageHandler,
  ) {
    this.concurrency = concurrency
    this.#host = host
    this.#network = network
    this.#broker = broker
    this.#topic = topic
    this.#group = group
    this.#redeliverAfterMs = redeliverAfterMs
    this.#handler = handler
  }

  join(): void {
    this.#broker.join(this.#topic, this.#group, this)
    this.#renew()
  }

  isListening(): boolean {
    return this.#closing === undefined && this.#host.isRunning && this.#network.reaches(this.#host, 'queue')
  }

  /** It is on its way: should the member be cut off meanwhile, it gets lost, and comes again when its lease ends. */
  deliver(message: Message, attempt: number): void {
    const held: Held = { abort: new AbortController(), started: false }
    this.#network.later('queue', () => {
      if (!this.#network.reaches(this.#host, 'queue')) return
      this.#host.enter(() => {
        if (this.#closing) this.#giveBack(message, false, 0)
        else this.#start(message, attempt, held)
      })
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const { abort } of this.#messages.values()) abort.abort()
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.#renewal?.cancel()
    this.#broker.leave(this.#topic, this.#group, this)
  }

  #start(message: Message, attempt: number, held: Held): void {
    this.#messages.set(message, held)
    const running = this.#work(message, attempt, held).finally(() => {
      this.#messages.delete(message)
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  async #work(message: Message, attempt: number, held: Held): Promise<void> {
    try {
      const outcome = this.#handler({ body: bytesBody(message.body), attempt, signal: held.abort.signal })
      if (outcome !== undefined && isPromise(outcome)) await outcome
    } catch (error) {
      const isReleased = isPlatformError(error, 'ERR_RELEASED')
      const afterMs = this.#closing && isReleased ? 0 : this.#redeliverAfterMs
      await this.#insist(() =>
        this.#broker.giveBack(this.#topic, this.#group, this, message, { counts: !isReleased, afterMs }),
      )
      return
    }
    await this.#insist(() => this.#broker.acknowledge(this.#topic, this.#group, this, message))
  }

  #giveBack(message: Message, counts: boolean, afterMs: number): void {
    const given = this.#insist(() =>
      this.#broker.giveBack(this.#topic, this.#group, this, message, { counts, afterMs }),
    ).finally(() => this.#running.delete(given))
    this.#running.add(given)
  }

  /** Until the broker has heard it; it hears nothing twice, as it tells requests apart. */
  async #insist(tell: () => void): Promise<void> {
    let told = false
    const once = (): void => {
      if (told) return
      told = true
      tell()
    }
    for (;;) {
      try {
        await this.#network.call(this.#host, 'queue', once)
        return
      } catch (error) {
        if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
        // Closing does not wait for a broker that is away: the lease ends by itself.
        if (this.#closing) return
        await this.#host.sleep(RETRY_MS)
      }
    }
  }

  #renew(): void {
    this.#renewal = this.#host.setTimer(this.#broker.leaseMs / 3, () => this.#renew())
    if (this.#messages.size === 0 || !this.#network.reaches(this.#host, 'queue')) return
    for (const message of this.#broker.renew(this, this.#messages.keys())) this.#messages.get(message)?.abort.abort()
  }
}
