import {
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
import {
  AckPolicy,
  connect,
  DeliverPolicy,
  nanos,
  NatsError,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type KV,
  type NatsConnection,
} from 'nats'
import { z } from 'zod'
import { nameOf } from './nats-names.ts'
import { NatsSubscription } from './nats-subscription.ts'

export const natsQueueOptions = z.strictObject({
  servers: z
    .array(z.string().min(1))
    .min(1)
    .default(['127.0.0.1:4222'])
    .meta({ description: 'host:port of each server' }),
  prefix: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'letters, digits, _ and -')
    .default('stemcell')
    .meta({ description: 'What names of streams and subjects begin with' }),
  maxBodyBytes: z
    .int()
    .min(1)
    .default(1_048_576)
    .meta({ description: 'Largest message; no more than `max_payload` of the servers', unit: 'bytes' }),
  leaseMs: z
    .int()
    .min(300)
    .default(30_000)
    .meta({ description: 'After it, what a dead subscriber held is given to another' }),
})

export type NatsQueueOptions = z.input<typeof natsQueueOptions>
type Settings = z.output<typeof natsQueueOptions>

const DEFAULT_REDELIVER_AFTER_MS = 1000
const ANSWER_MS = 5000
const RECONNECT_MS = 250
const DAY_MS = 86_400_000

interface Opened {
  readonly connection: NatsConnection
  readonly stream: JetStreamClient
  readonly manager: JetStreamManager
  /** How often messages were released, which does not count as an attempt. */
  readonly released: KV
}

/** Each topic is a stream that keeps a message until every group has acknowledged it; each group is a durable consumer. */
export class NatsQueue implements Queue {
  readonly capabilities: QueueCapabilities
  readonly #settings: Settings
  readonly #context: AdapterContext
  readonly #subscriptions = new Set<NatsSubscription>()
  readonly #known = new Set<string>()
  #opening: Promise<Opened> | undefined
  #opened: Opened | undefined
  #closing: Promise<void> | undefined

  constructor(settings: Settings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.capabilities = {
      ordering: 'none',
      durable: true,
      byReference: false,
      maxBodyBytes: settings.maxBodyBytes,
    }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#connect()
    try {
      this.#opened = await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#disconnect().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async ensureTopic(topic: string, settings: TopicSettings = {}): Promise<void> {
    requireTopicName(topic)
    const { manager } = this.#require()
    await this.#answered('ensureTopic', this.#ensureStream(manager, topic, settings))
  }

  async publish(topic: string, body: MessageBody, { key }: PublishOptions = {}): Promise<void> {
    requireTopicName(topic)
    requireKey(key)
    const { stream, manager } = this.#require(true)
    const bytes = body.bytes()
    const { maxBodyBytes } = this.#settings
    if (bytes.length > maxBodyBytes) {
      throw new PlatformError(
        'ERR_TOO_LARGE',
        `nats: body of ${bytes.length} bytes exceeds maxBodyBytes ${maxBodyBytes}`,
      )
    }
    const send = async (): Promise<void> => {
      await this.#ensureStream(manager, topic, {})
      await stream.publish(this.#subjectOf(topic), bytes, { timeout: ANSWER_MS })
    }
    await this.#answered(
      'publish',
      send().catch((error: unknown) => {
        // Somebody removed the stream since this process saw it.
        if (!isNoResponder(error) || !this.#known.delete(topic)) throw error
        return send()
      }),
    )
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    const { group, concurrency, redeliverAfterMs = DEFAULT_REDELIVER_AFTER_MS } = options
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new TypeError('concurrency must be a positive integer')
    }
    requireTopicName(topic)
    requireGroupName(group)
    const { connection, manager, released } = this.#require()
    const { leaseMs } = this.#settings
    const [stream, consumer] = [this.#streamOf(topic), nameOf(group)]
    const join = async (): Promise<void> => {
      await this.#ensureStream(manager, topic, {})
      await ensureConsumer(manager, stream, consumer, leaseMs)
    }
    await this.#answered('subscribe', join())
    const subscription = new NatsSubscription(
      {
        connection,
        released,
        stream,
        consumer,
        concurrency,
        redeliverAfterMs,
        leaseMs,
        handler,
        rejoin: join,
        ended: () => void this.#subscriptions.delete(subscription),
      },
      this.#context,
    )
    this.#subscriptions.add(subscription)
    await this.#answered('subscribe', subscription.start())
    return subscription
  }

  async #connect(): Promise<Opened> {
    const { servers, prefix, maxBodyBytes } = this.#settings
    const place = `nats queue: servers ${servers.join(', ')}`
    let connection: NatsConnection
    try {
      connection = await connect({
        servers,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        timeout: ANSWER_MS,
        ignoreClusterUpdates: true,
      })
    } catch (cause) {
      throw new PlatformError(
        'ERR_UNAVAILABLE',
        `${place}: nobody answers (${messageOf(cause)}): is nats-server running?`,
        {
          cause,
        },
      )
    }
    try {
      const most = connection.info?.max_payload ?? 0
      if (most < maxBodyBytes) {
        const fix = 'lower maxBodyBytes, or raise max_payload of the server'
        throw new PlatformError('ERR_CONFIG', `${place} take ${most} bytes, maxBodyBytes is ${maxBodyBytes}: ${fix}`)
      }
      const manager = await connection.jetstreamManager({ timeout: ANSWER_MS })
      const stream = connection.jetstream({ timeout: ANSWER_MS })
      const released = await stream.views.kv(`${prefix}-released`, { history: 1, ttl: DAY_MS })
      return { connection, stream, manager, released }
    } catch (cause) {
      await connection.close()
      if (cause instanceof PlatformError) throw cause
      const message = `${place}: JetStream does not answer (${messageOf(cause)}): start nats-server with --jetstream`
      throw new PlatformError('ERR_UNAVAILABLE', message, { cause })
    }
  }

  async #disconnect(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined)
    this.#opening = undefined
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()))
    this.#opened = undefined
    this.#known.clear()
    // What was acknowledged last is on its way.
    if (opened && !opened.connection.isClosed()) await opened.connection.drain()
  }

  async #ensureStream(manager: JetStreamManager, topic: string, settings: TopicSettings): Promise<void> {
    if (this.#known.has(topic)) return
    const name = this.#streamOf(topic)
    const found = await manager.streams.info(name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (!found) {
      const { retentionMs, retentionBytes, maxBodyBytes } = settings
      await manager.streams
        .add({
          name,
          subjects: [this.#subjectOf(topic)],
          retention: RetentionPolicy.Interest,
          storage: StorageType.File,
          ...(retentionMs !== undefined && { max_age: nanos(retentionMs) }),
          ...(retentionBytes !== undefined && { max_bytes: retentionBytes }),
          ...(maxBodyBytes !== undefined && { max_msg_size: maxBodyBytes }),
        })
        .catch((error: unknown) => {
          // Another process was quicker, with other settings.
          if (!/already in use/.test(messageOf(error))) throw error
        })
    }
    this.#known.add(topic)
  }

  #streamOf(topic: string): string {
    return `${this.#settings.prefix}-${nameOf(topic)}`
  }

  #subjectOf(topic: string): string {
    return `${this.#settings.prefix}.${nameOf(topic)}`
  }

  /** Handlers that still run while the queue closes may publish what they have to say. */
  #require(isClosingAllowed = false): Opened {
    if (this.#opened && (isClosingAllowed || !this.#closing)) return this.#opened
    throw new PlatformError('ERR_CLOSED', 'nats queue is not open')
  }

  async #answered<T>(what: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (cause) {
      if (cause instanceof PlatformError) throw cause
      throw new PlatformError('ERR_UNAVAILABLE', `nats queue: ${what} was not confirmed: ${messageOf(cause)}`, {
        cause,
      })
    }
  }
}

/** A group sees what is published from now on. One that exists goes on where it was. */
async function ensureConsumer(manager: JetStreamManager, stream: string, name: string, leaseMs: number): Promise<void> {
  const found = await manager.consumers.info(stream, name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  if (found) return
  await manager.consumers.add(stream, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(leaseMs),
    deliver_policy: DeliverPolicy.New,
    max_deliver: -1,
    // Messages that wait for their redelivery count, and must not hold up others.
    max_ack_pending: -1,
  })
}

const isNotFound = (error: unknown): boolean => error instanceof NatsError && error.api_error?.code === 404
const isNoResponder = (error: unknown): boolean => error instanceof NatsError && error.code === '503'
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** For `assemble({ queue: natsQueue({ servers }) })`. */
export function natsQueue(options: NatsQueueOptions = {}): Adapter<NatsQueue> {
  const settings = natsQueueOptions.parse(options)
  return {
    name: '@stemcell/example-own-adapter',
    core: '^0.1.0',
    build: (context) => new NatsQueue(settings, context),
  }
}
