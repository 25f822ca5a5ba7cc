import { PlatformError, type Clock, type TopicSettings } from '@stemcell/core'
import type { Admin, IResourceConfigEntry } from 'kafkajs'
import type { KafkaSettings } from './kafka-queue-options.ts'
import { brokerErrorOf, rootOf, toPlatformError } from './to-platform-error.ts'

/** What Kafka writes around one message: the head of its batch, lengths, and a key of 256 bytes. */
const RECORD_OVERHEAD_BYTES = 512
const ASK_AGAIN_MS = 20

/** Which topics exist, with how many partitions, and the making of those that do not. Names come with their prefix. */
export class Topics {
  readonly #admin: () => Admin
  readonly #settings: KafkaSettings
  readonly #clock: Clock
  readonly #known = new Map<string, Promise<number>>()
  /** Kept for a topic that is removed while it is used. */
  readonly #wanted = new Map<string, TopicSettings>()

  constructor(admin: () => Admin, settings: KafkaSettings, clock: Clock) {
    this.#admin = admin
    this.#settings = settings
    this.#clock = clock
  }

  /**
   * The number of partitions of the topic, which is made when it does not exist.
   * @throws ERR_CONFIG the brokers refuse to make it; ERR_UNAVAILABLE they did not confirm.
   */
  ensure(topic: string, settings?: TopicSettings): Promise<number> {
    if (settings) this.#wanted.set(topic, settings)
    const known = this.#known.get(topic)
    if (known) return known
    const ensuring = this.#ensure(topic, this.#wanted.get(topic) ?? {})
    this.#known.set(topic, ensuring)
    ensuring.catch(() => this.#known.delete(topic))
    return ensuring
  }

  /** The same, but asks the brokers again: the topic may have been removed, or have got more partitions. */
  ensureAgain(topic: string): Promise<number> {
    this.#known.delete(topic)
    return this.ensure(topic)
  }

  async #ensure(topic: string, settings: TopicSettings): Promise<number> {
    const { maxBodyBytes } = this.#settings
    if ((settings.maxBodyBytes ?? 0) > maxBodyBytes) {
      throw new PlatformError(
        'ERR_CONFIG',
        `@stemcell/spi-kafka, option 'maxBodyBytes': is ${maxBodyBytes}, but topic ${topic} is to take bodies of ${settings.maxBodyBytes} bytes; raise it`,
      )
    }
    const deadline = this.#clock.monotonic() + this.#settings.requestTimeoutMs
    for (let created = false; ;) {
      try {
        const partitions = await this.#partitions(topic)
        if (partitions !== undefined) return partitions
        if (!created) await this.#create(topic, settings)
        created = true
      } catch (error) {
        const failure = toPlatformError(error, `topic ${topic}`)
        if (!(failure instanceof PlatformError && failure.retryable)) throw failure
        if (this.#clock.monotonic() > deadline) throw failure
      }
      if (this.#clock.monotonic() > deadline) {
        throw new PlatformError('ERR_UNAVAILABLE', `@stemcell/spi-kafka: topic ${topic} was made but has no leader yet`)
      }
      await this.#clock.sleep(ASK_AGAIN_MS)
    }
  }

  /** Undefined as long as the topic does not exist or one of its partitions has no leader. */
  async #partitions(topic: string): Promise<number | undefined> {
    try {
      const { topics } = await this.#admin().fetchTopicMetadata({ topics: [topic] })
      const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
      return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0) ? partitions.length : undefined
    } catch (error) {
      const type = brokerErrorOf(error)
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE') return undefined
      // kafkajs stumbles over its own empty answer when the broker failed between two requests.
      if (rootOf(error) instanceof TypeError) return undefined
      throw error
    }
  }

  async #create(topic: string, settings: TopicSettings): Promise<void> {
    const { replicationFactor = -1, requestTimeoutMs } = this.#settings
    try {
      // Answers false when somebody else was quicker, which is as good.
      await this.#admin().createTopics({
        topics: [
          {
            topic,
            numPartitions: settings.partitions ?? -1,
            replicationFactor,
            configEntries: configEntries(settings, this.#settings.maxBodyBytes),
          },
        ],
        timeout: requestTimeoutMs,
        waitForLeaders: false,
      })
    } catch (error) {
      const root = rootOf(error)
      throw root instanceof Error && 'errors' in root && Array.isArray(root.errors) ? root.errors[0] : error
    }
  }
}

function configEntries(settings: TopicSettings, maxBodyBytes: number): IResourceConfigEntry[] {
  const { retentionMs, retentionBytes, segmentBytes } = settings
  const entries: readonly (readonly [string, number | undefined])[] = [
    ['max.message.bytes', (settings.maxBodyBytes ?? maxBodyBytes) + RECORD_OVERHEAD_BYTES],
    ['retention.ms', retentionMs],
    ['retention.bytes', retentionBytes],
    ['segment.bytes', segmentBytes],
  ]
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }]))
}
