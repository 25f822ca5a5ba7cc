import type { AdapterContext } from '@stemcell/core'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import type { Topics } from '../topics.ts'
import { ProducerClient } from './producer-client.ts'
import { TopicPublisher } from './topic-publisher.ts'

/** Everything that a queue publishes. Names of topics come with their prefix. */
export class Publisher {
  readonly #settings: KafkaSettings
  readonly #context: AdapterContext
  readonly #topics: Topics
  readonly #producer: ProducerClient
  readonly #publishers = new Map<string, TopicPublisher>()
  readonly #underway = new Set<Promise<void>>()
  #reachable = true

  constructor(settings: KafkaSettings, context: AdapterContext, topics: Topics) {
    this.#settings = settings
    this.#context = context
    this.#topics = topics
    this.#producer = new ProducerClient(settings, context.logger)
  }

  get reachable(): boolean {
    return this.#reachable
  }

  open(): Promise<void> {
    return this.#producer.connect()
  }

  /** Without waiting for brokers that do not answer. */
  abandon(): void {
    this.#producer.abandon()
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway)
    await this.#producer.disconnect()
  }

  publish(topic: string, value: Buffer, key: string | undefined): Promise<void> {
    const deadlineMs = this.#context.clock.monotonic() + this.#settings.publishTimeoutMs
    const published = new Promise<void>((resolve, reject) => {
      this.#publisher(topic).add({ value, key: key ?? null, partition: -1, resolve, reject, deadlineMs })
    })
    this.#underway.add(published)
    void this.#forgetWhenSettled(published)
    return published
  }

  async #forgetWhenSettled(published: Promise<void>): Promise<void> {
    await Promise.allSettled([published])
    this.#underway.delete(published)
  }

  #publisher(topic: string): TopicPublisher {
    let publisher = this.#publishers.get(topic)
    if (!publisher) {
      publisher = new TopicPublisher({
        topic,
        producer: this.#producer,
        clock: this.#context.clock,
        logger: this.#context.logger,
        onReachable: (reachable) => this.#noteReachable(reachable),
        countPartitions: (known) => (known ? this.#topics.ensure(topic) : this.#topics.ensureAgain(topic)),
      })
      this.#publishers.set(topic, publisher)
    }
    return publisher
  }

  #noteReachable(reachable: boolean): void {
    if (reachable && !this.#reachable) this.#context.logger.info({}, 'brokers reached again, publishing goes on')
    this.#reachable = reachable
  }
}
