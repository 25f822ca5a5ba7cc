import { Partitioners } from 'kafkajs'
import type { Outgoing } from './outgoing.ts'
import { PartitionSender, type SenderParts } from './partition-sender.ts'

const partitionOfKey = Partitioners.DefaultPartitioner()
const COUNT_AGAIN_MS = 60_000

export interface TopicPublisherParts extends Omit<SenderParts, 'onUnknownTopic'> {
  /** The number of partitions, as it may be `known` already or as it is now; makes the topic when it does not exist. */
  readonly countPartitions: (known: boolean) => Promise<number>
}

/** Routes the messages of a topic to its partitions: those of a key always to the same, others to one with nothing to do. */
export class TopicPublisher {
  readonly #parts: TopicPublisherParts
  readonly #senders: PartitionSender[] = []
  #partitions = 0
  #countedMs = 0
  #counting: Promise<void> | undefined
  #turn = 0
  #unrouted: Outgoing[] = []

  constructor(parts: TopicPublisherParts) {
    this.#parts = parts
  }

  add(message: Outgoing): void {
    const { clock } = this.#parts
    if (this.#partitions > 0) {
      this.#route(message)
      if (clock.monotonic() - this.#countedMs > COUNT_AGAIN_MS) this.#countInBackground()
    } else {
      this.#unrouted.push(message)
      if (!this.#counting) this.#counting = this.#countFirst()
    }
  }

  async #countFirst(): Promise<void> {
    try {
      this.#note(await this.#parts.countPartitions(true))
      // In the same turn, or one that is published meanwhile would overtake them.
      for (const message of this.#unrouted.splice(0)) this.#route(message)
    } catch (error) {
      for (const { reject } of this.#unrouted.splice(0)) reject(error)
    } finally {
      this.#counting = undefined
    }
  }

  #countInBackground(): void {
    const { logger, topic } = this.#parts
    if (this.#counting) return
    this.#counting = this.#countAgain()
      .catch((err: unknown) => logger.warn({ topic, err }, 'partitions not counted, the number known is kept'))
      .finally(() => (this.#counting = undefined))
  }

  async #countAgain(): Promise<void> {
    this.#note(await this.#parts.countPartitions(false))
  }

  #note(partitions: number): void {
    this.#partitions = partitions
    this.#countedMs = this.#parts.clock.monotonic()
  }

  readonly #onUnknownTopic = async (): Promise<void> => {
    await this.#parts.producer.renew()
    await this.#countAgain()
  }

  #route(message: Outgoing): void {
    message.partition = message.key === null ? this.#idlePartition() : this.#partitionOf(message.key)
    this.#sender(message.partition).add(message)
  }

  #partitionOf(key: string): number {
    if (this.#partitions === 1) return 0
    const partitionMetadata = Array.from({ length: this.#partitions }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }))
    return partitionOfKey({ topic: this.#parts.topic, partitionMetadata, message: { key, value: null } })
  }

  #idlePartition(): number {
    for (let tried = 0; tried < this.#partitions; tried++) {
      this.#turn = (this.#turn + 1) % this.#partitions
      if (this.#sender(this.#turn).idle) return this.#turn
    }
    return this.#turn
  }

  #sender(partition: number): PartitionSender {
    return (this.#senders[partition] ??= new PartitionSender({ ...this.#parts, onUnknownTopic: this.#onUnknownTopic }))
  }
}
