import {
  adapterContext,
  PlatformError,
  requireGroupName,
  requireKey,
  requireTopicName,
  type Adapter,
  type AdapterContext,
  type MessageBody,
  type MessageHandler,
  type PublishOptions,
  type Queue,
  type QueueCapabilities,
  type SubscribeOptions,
  type Subscription,
  type TopicSettings,
} from '@stemcell/core'
import type { Admin } from 'kafkajs'
import { kafkaClient, SHORT_RETRY } from './connect/kafka-client.ts'
import { KafkaSubscription } from './consume/kafka-subscription.ts'
import type { KafkaHealth } from './kafka-health.ts'
import { parseKafkaOptions, type KafkaQueueOptions, type KafkaSettings } from './kafka-queue-options.ts'
import { Publisher } from './publish/publisher.ts'
import { toPlatformError } from './to-platform-error.ts'
import { Topics } from './topics.ts'

const CONNECT_AGAIN_MS = 200

interface Connections {
  readonly admin: Admin
  readonly topics: Topics
  readonly publisher: Publisher
}

/** A queue on Apache Kafka: topics are topics, a group of a topic is a consumer group. */
export class KafkaQueue implements Queue {
  readonly capabilities: QueueCapabilities
  readonly #settings: KafkaSettings
  readonly #context: AdapterContext
  readonly #subscriptions = new Set<KafkaSubscription>()
  #connections: Connections | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: KafkaQueueOptions, context: AdapterContext = adapterContext()) {
    this.#settings = parseKafkaOptions(options)
    this.#context = context
    const { maxBodyBytes } = this.#settings
    this.capabilities = { ordering: 'key', durable: true, byReference: false, maxBodyBytes }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#open()
    return this.#opening
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async ensureTopic(topic: string, settings?: TopicSettings): Promise<void> {
    requireTopicName(topic)
    await this.#opened().topics.ensure(this.#nameOf(topic), settings)
  }

  async publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<void> {
    // Handlers that are still running while the queue closes may publish what they have to say.
    const connections = this.#connections
    if (!connections) throw closed()
    requireTopicName(topic)
    const bytes = body.bytes()
    const { maxBodyBytes } = this.#settings
    if (bytes.length > maxBodyBytes) {
      const message = `body of ${bytes.length} bytes exceeds maxBodyBytes ${maxBodyBytes}`
      throw new PlatformError('ERR_TOO_LARGE', `@stemcell/spi-kafka: ${message}`)
    }
    const key = options?.key
    requireKey(key)
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await connections.publisher.publish(this.#nameOf(topic), value, key)
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    const { group, concurrency } = options
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new TypeError('concurrency must be a positive integer')
    }
    requireTopicName(topic)
    requireGroupName(group)
    const { topics } = this.#opened()
    const name = this.#nameOf(topic)
    const subscription = new KafkaSubscription({
      topic: name,
      // Groups of different topics must not meet; a colon is in no name of a topic.
      groupId: group === topic ? name : `${name}:${group}`,
      names: { topic, group },
      options,
      handler,
      settings: this.#settings,
      context: this.#context,
      topics,
      onClosed: () => this.#subscriptions.delete(subscription),
    })
    this.#subscriptions.add(subscription)
    await subscription.open()
    return subscription
  }

  /** The state of the connections. Asks nobody: it is what was seen last. */
  health(): KafkaHealth {
    const publisher = this.#connections?.publisher
    return {
      publishing: !publisher ? 'closed' : publisher.reachable ? 'up' : 'retrying',
      subscriptions: Array.from(this.#subscriptions, (subscription) => subscription.health()),
    }
  }

  async #open(): Promise<void> {
    const client = kafkaClient(this.#settings, this.#context.logger, { retry: SHORT_RETRY })
    const admin = client.kafka.admin()
    const topics = new Topics(() => admin, this.#settings, this.#context.clock)
    const publisher = new Publisher(this.#settings, this.#context, topics)
    try {
      await this.#connect(() => Promise.all([admin.connect(), publisher.open()]))
      this.#connections = { admin, topics, publisher }
    } catch (error) {
      this.#opening = undefined
      client.abandon()
      publisher.abandon()
      throw error
    }
  }

  async #connect(attempt: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#context
    const { brokers, connectTimeoutMs } = this.#settings
    const deadlineMs = clock.monotonic() + connectTimeoutMs
    let reason: unknown = new Error(`no answer within connectTimeoutMs (${connectTimeoutMs})`)
    for (;;) {
      const timeout = new AbortController()
      try {
        const tooLate = clock.sleep(deadlineMs - clock.monotonic(), timeout.signal).then(() => {
          // What went wrong before says more than that the last attempt was cut short.
          throw reason
        })
        await Promise.race([attempt(), tooLate])
        return
      } catch (error) {
        const failure = toPlatformError(error, `brokers ${brokers.join(', ')}`)
        if (!(failure instanceof PlatformError && failure.retryable)) throw failure
        reason = error
        if (clock.monotonic() + CONNECT_AGAIN_MS > deadlineMs) {
          const hint = "start a broker there, or correct option 'brokers' (or 'ssl', when they speak TLS)"
          throw new PlatformError('ERR_UNAVAILABLE', `${failure.message}; ${hint}`, { cause: error })
        }
      } finally {
        timeout.abort()
      }
      await clock.sleep(CONNECT_AGAIN_MS)
    }
  }

  async #close(): Promise<void> {
    // Whoever opens it hears of a failure.
    await this.#opening?.catch(() => undefined)
    const connections = this.#connections
    this.#opening = undefined
    if (!connections) return
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()))
    await connections.publisher.close()
    await connections.admin.disconnect()
    this.#connections = undefined
  }

  #opened(): Connections {
    if (!this.#connections || this.#closing) throw closed()
    return this.#connections
  }

  #nameOf(topic: string): string {
    return this.#settings.topicPrefix + topic
  }
}

function closed(): PlatformError {
  return new PlatformError('ERR_CLOSED', '@stemcell/spi-kafka: the queue is not open')
}

/**
 * The queue of a platform whose controllers and invokers are processes of their own.
 * @throws ERR_CONFIG an option is wrong.
 */
export function kafkaQueue(options: KafkaQueueOptions): Adapter<KafkaQueue> {
  parseKafkaOptions(options)
  return { name: '@stemcell/spi-kafka', core: '^0.1.0', build: (context) => new KafkaQueue(options, context) }
}
