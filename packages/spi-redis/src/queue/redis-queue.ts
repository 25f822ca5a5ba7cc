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
import { ConnectionSession } from '../connection/connection-session.ts'
import { RedisConnection } from '../connection/redis-connection.ts'
import {
  ADAPTER,
  parseOptions,
  redisQueueOptions,
  type RedisQueueOptions,
  type RedisQueueSettings,
} from '../redis-options.ts'
import { Publisher } from './publisher.ts'
import { ENSURE } from './queue-scripts.ts'
import { RedisSubscription } from './redis-subscription.ts'
import { READ_BLOCK_MS } from './stream-reader.ts'
import { TopicKeys } from './topic-keys.ts'
import { TopicTrimmer } from './topic-trimmer.ts'

const DEFAULT_REDELIVER_AFTER_MS = 1000

const ignore = (): void => undefined

/** Messages in Redis Streams: a stream per topic, a consumer group per group, one waiting reader per subscription. */
export class RedisQueue implements Queue {
  readonly capabilities: QueueCapabilities
  readonly #settings: RedisQueueSettings
  readonly #context: AdapterContext
  readonly #session: ConnectionSession
  readonly #publisher: Publisher
  readonly #topics = new Map<string, TopicKeys>()
  readonly #usedTopics = new Set<TopicKeys>()
  readonly #subscriptions = new Map<Subscription, TopicKeys>()
  readonly #processName: string
  #subscribed = 0
  #open = false
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #trimmer: TopicTrimmer | undefined

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(options: RedisQueueOptions, context: AdapterContext = adapterContext()) {
    this.#settings = parseOptions(redisQueueOptions, options)
    this.#context = context
    this.#session = new ConnectionSession('the queue on Redis', this.#settings, 'calls', context)
    this.#publisher = new Publisher(this.#session)
    this.#processName = `${process.pid}-${Buffer.from(context.random.bytes(8)).toString('hex')}`
    const { maxBodyBytes } = this.#settings
    this.capabilities = { ordering: 'none', durable: true, byReference: false, maxBodyBytes }
  }

  open(): Promise<void> {
    this.#opening ??= this.#start().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  close(): Promise<void> {
    if (!this.#opening) return this.#closing ?? Promise.resolve()
    const opening = this.#opening
    this.#opening = undefined
    this.#open = false
    this.#closing = opening.then(() => this.#stop(), ignore)
    return this.#closing
  }

  async ensureTopic(topic: string, settings: TopicSettings = {}): Promise<void> {
    requireTopicName(topic)
    this.#requireOpen()
    const { retentionMs, retentionBytes } = settings
    const given = Object.entries({ retentionMs, retentionBytes }).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    )
    await this.#session.run((redis) => ENSURE.run(redis, [this.#use(topic).settings], given))
  }

  publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<void> {
    try {
      if (!this.#topics.has(topic)) requireTopicName(topic)
      requireKey(options?.key)
    } catch (error) {
      return Promise.reject(error as TypeError)
    }
    const bytes = body.bytes()
    const { maxBodyBytes } = this.capabilities
    if (bytes.length > maxBodyBytes) {
      const message = `body of ${bytes.length} bytes exceeds maxBodyBytes ${maxBodyBytes}`
      return Promise.reject(new PlatformError('ERR_TOO_LARGE', `queue on Redis: ${message}`))
    }
    const { stream } = this.#use(topic)
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // The session stays open while handlers run that close() waits for: they may publish what they have to say.
    return this.#publisher.publish(stream, value)
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    const { group, concurrency, redeliverAfterMs = DEFAULT_REDELIVER_AFTER_MS } = options
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new TypeError('concurrency must be a positive integer')
    }
    requireTopicName(topic)
    requireGroupName(group)
    this.#requireOpen()

    const { leaseMs } = this.#settings
    const topicKeys = this.#use(topic)
    const keys = topicKeys.group(group)
    const context = { ...this.#context, logger: this.#context.logger.child({ topic }) }
    const reading = new RedisConnection(this.#settings, context, {
      name: `read:${keyText(topic)}`,
      blockMs: READ_BLOCK_MS,
    })
    await reading.open()
    const consumer = `${this.#processName}-${++this.#subscribed}`
    const { connection } = this.#session
    const subscription = new RedisSubscription(
      { connection, reading, keys, group, consumer, concurrency, redeliverAfterMs, leaseMs, handler },
      context,
    )
    this.#subscriptions.set(subscription, topicKeys)
    try {
      await subscription.start()
    } catch (error) {
      await subscription.close()
      this.#subscriptions.delete(subscription)
      throw error
    }
    return {
      close: async () => {
        await subscription.close()
        this.#subscriptions.delete(subscription)
      },
    }
  }

  async #start(): Promise<void> {
    await this.#closing
    await this.#session.open()
    this.#trimmer = new TopicTrimmer(this.#session.connection, this.#settings, this.#context, () => this.#takeUsed())
    this.#trimmer.start()
    this.#open = true
  }

  async #stop(): Promise<void> {
    this.#open = false
    await Promise.all(Array.from(this.#subscriptions.keys(), (subscription) => subscription.close()))
    this.#subscriptions.clear()
    await this.#trimmer?.stop()
    await this.#session.close()
  }

  #requireOpen(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'the queue on Redis is not open')
  }

  #use(topic: string): TopicKeys {
    let keys = this.#topics.get(topic)
    if (!keys) this.#topics.set(topic, (keys = new TopicKeys(this.#settings.keyPrefix, topic)))
    this.#usedTopics.add(keys)
    return keys
  }

  /** The topics used since the last time; those with a subscriber are always in use. */
  #takeUsed(): Iterable<TopicKeys> {
    const used = new Set([...this.#usedTopics, ...this.#subscriptions.values()])
    this.#usedTopics.clear()
    return used
  }
}

/** A connection name takes printable ASCII without blanks. */
function keyText(topic: string): string {
  return topic.replace(/[^!-~]/g, '_')
}

/** A queue for a cluster of any number of controllers and invokers. @throws ERR_CONFIG an option is wrong. */
export function redisQueue(options: RedisQueueOptions): Adapter<RedisQueue> {
  const settings = parseOptions(redisQueueOptions, options)
  return { ...ADAPTER, build: (context) => new RedisQueue(settings, context) }
}
