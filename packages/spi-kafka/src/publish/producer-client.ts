import type { Logger } from '@stemcell/core'
import type { Producer } from 'kafkajs'
import { kafkaClient, SHORT_RETRY } from '../connect/kafka-client.ts'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import type { Outgoing } from './outgoing.ts'
import { watchProduceRequests } from './produce-watch.ts'

interface Client {
  readonly producer: Producer
  readonly abandon: () => void
}

/** The producer of a queue, and how many requests with messages it has sent. */
export class ProducerClient {
  readonly #settings: KafkaSettings
  readonly #logger: Logger
  #client: Client
  #sent = 0
  #renewing: Promise<void> | undefined

  constructor(settings: KafkaSettings, logger: Logger) {
    this.#settings = settings
    this.#logger = logger
    this.#client = this.#make()
  }

  /** Requests with messages that were given to a socket so far. */
  get sent(): number {
    return this.#sent
  }

  connect(): Promise<void> {
    return this.#client.producer.connect()
  }

  disconnect(): Promise<void> {
    return this.#client.producer.disconnect()
  }

  /** Without waiting for brokers that do not answer. */
  abandon(): void {
    this.#client.abandon()
  }

  /**
   * One request with one batch, which the broker takes as a whole or not at all. No repetition.
   * @returns whether it was sent: kafkajs leaves out messages to a partition that it does not know.
   */
  async send(topic: string, messages: readonly Outgoing[]): Promise<boolean> {
    const { acks, requestTimeoutMs } = this.#settings
    const records = await this.#client.producer.send({
      topic,
      messages: messages as Outgoing[],
      acks: acks === 'all' ? -1 : 1,
      timeout: requestTimeoutMs,
    })
    return records.length > 0
  }

  /**
   * Starts over with a new producer. kafkajs asks for all topics it ever sent to at once and fails when one of them was
   * removed meanwhile.
   */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  async #renew(): Promise<void> {
    const stale = this.#client
    const fresh = this.#make()
    await fresh.producer.connect()
    this.#client = fresh
    await stale.producer.disconnect()
  }

  #make(): Client {
    const onSocket = (socket: Parameters<typeof watchProduceRequests>[0]): void =>
      watchProduceRequests(socket, () => {
        this.#sent++
      })
    const { kafka, abandon } = kafkaClient(this.#settings, this.#logger, { retry: SHORT_RETRY, onSocket })
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    })
    return { producer, abandon }
  }
}
