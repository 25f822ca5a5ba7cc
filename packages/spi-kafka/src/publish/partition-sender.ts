import { isPlatformError, PlatformError, type Clock, type Logger } from '@stemcell/core'
import { brokerErrorOf, toPlatformError } from '../to-platform-error.ts'
import type { Outgoing } from './outgoing.ts'
import type { ProducerClient } from './producer-client.ts'

/** The bound of a batch is the topic's `max.message.bytes`, of which this is the usual value less some room. */
const MOST_BYTES = 1_000_000
const RECORD_BYTES = 300
/** kafkajs copies a batch once per message in it. */
const MOST_MESSAGES = 500
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** What brokers say when they have certainly not taken a batch and may do so later. */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_ENOUGH_REPLICAS',
])

export interface SenderParts {
  readonly topic: string
  readonly producer: ProducerClient
  readonly clock: Clock
  readonly logger: Logger
  /** Called when the brokers do not know the topic or the partition (any more). */
  readonly onUnknownTopic: () => Promise<void>
  /** Whether the last attempt reached a broker. */
  readonly onReachable: (reachable: boolean) => void
}

/**
 * Sends the messages of one partition in order: at once when nothing is under way, and what comes meanwhile as the next
 * batch. Repeats a batch as long as no broker can have it.
 */
export class PartitionSender {
  readonly #parts: SenderParts
  #waiting: Outgoing[] = []
  #sending = false

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  get idle(): boolean {
    return !this.#sending
  }

  add(message: Outgoing): void {
    this.#waiting.push(message)
    if (this.#sending) return
    this.#sending = true
    // What is published in the same turn goes together.
    queueMicrotask(() => void this.#sendAll())
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#nextBatch())
    this.#sending = false
  }

  #nextBatch(): readonly Outgoing[] {
    let count = 0
    for (let bytes = 0; count < this.#waiting.length && count < MOST_MESSAGES; count++) {
      bytes += this.#waiting[count]!.value.length + RECORD_BYTES
      if (bytes > MOST_BYTES && count > 0) break
    }
    return this.#waiting.splice(0, count)
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    const { topic, producer, clock, logger, onReachable } = this.#parts
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const sentBefore = producer.sent
      let failure: unknown
      try {
        if (await producer.send(topic, batch)) {
          onReachable(true)
          for (const { resolve } of batch) resolve()
          return
        }
        failure = new PlatformError('ERR_UNAVAILABLE', `@stemcell/spi-kafka: topic ${topic} has lost a partition`)
      } catch (error) {
        failure = error
      }
      const type = brokerErrorOf(failure)
      const translated = toPlatformError(failure, `publish to ${topic}`)
      if (isPlatformError(translated, 'ERR_TOO_LARGE') && batch.length > 1) return this.#sendHalves(batch)

      const repeatable = type === undefined ? producer.sent === sentBefore : NOT_TAKEN.has(type)
      const retryable = isPlatformError(translated) && translated.retryable
      if (retryable) onReachable(type !== undefined)
      if (!retryable || !repeatable || clock.monotonic() + pauseMs > batch[0]!.deadlineMs) {
        for (const { reject } of batch) reject(translated)
        return
      }
      logger.warn({ topic, err: translated, pauseMs, messages: batch.length }, 'not published yet, trying again')
      await clock.sleep(pauseMs)
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || isPlatformError(failure)) await this.#startOver()
    }
  }

  async #startOver(): Promise<void> {
    const { topic, logger, onUnknownTopic } = this.#parts
    try {
      await onUnknownTopic()
    } catch (err) {
      logger.warn({ topic, err }, 'the brokers do not know the topic, and it was not made again yet')
    }
  }

  /** Too much together, though perhaps not each of them. */
  async #sendHalves(batch: readonly Outgoing[]): Promise<void> {
    const half = batch.length >> 1
    await this.#send(batch.slice(0, half))
    await this.#send(batch.slice(half))
  }
}
