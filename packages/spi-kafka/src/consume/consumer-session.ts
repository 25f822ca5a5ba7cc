import type { Clock, Logger } from '@stemcell/core'
import type { Consumer, EachBatchPayload, PartitionAssigner } from 'kafkajs'
import { kafkaClient, OUTAGE_RETRY } from '../connect/kafka-client.ts'
import type { KafkaSettings } from '../kafka-queue-options.ts'

/** How long the broker waits for a message before it answers that there is none; the longest that closing waits for it. */
const FETCH_WAIT_MS = 250
/** How soon partitions that were added to the topic are noticed. */
const METADATA_AGE_MS = 60_000
const MOST_HEARTBEAT_MS = 500
const STOP_MS = 3_000

/** What concerns the commits and the joining of the group: they are not to be repeated for long, things may have changed. */
const GROUP_RETRY = { initialRetryTime: 50, factor: 0.2, multiplier: 2, maxRetryTime: 500, retries: 5 }

export interface SessionParts {
  readonly topic: string
  readonly groupId: string
  readonly settings: KafkaSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly assigner: PartitionAssigner
  /** Called before the first batch of the assignment, and while kafkajs does nothing else. */
  readonly onJoin: (memberId: string, partitions: readonly number[]) => void
  /** The group is about to deal its partitions anew; called before this member joins again. */
  readonly onRebalancing: () => void
  /** Ends when the messages are taken over; what was not told to `resolveOffset` comes again. */
  readonly onBatch: (batch: EachBatchPayload) => Promise<void>
  /** The session is over. */
  readonly onCrash: (error: unknown) => void
}

export interface OffsetToCommit {
  readonly partition: number
  readonly offset: string
  readonly metadata: string
}

/** A kafkajs consumer of one topic from its start to its end, whichever comes first: `stop()` or `onCrash`. */
export class ConsumerSession {
  readonly #parts: SessionParts
  readonly #consumer: Consumer
  readonly #abandon: () => void
  readonly #heartbeatMs: number
  #commitsSeen = 0
  #lastActivityMs: number
  #over = false
  #running = false
  #starting: Promise<void> = Promise.resolve()

  constructor(parts: SessionParts) {
    const { groupId, settings, logger, clock } = parts
    this.#parts = parts
    this.#lastActivityMs = clock.monotonic()
    this.#heartbeatMs = Math.min(MOST_HEARTBEAT_MS, Math.floor(settings.sessionTimeoutMs / 4))
    const { kafka, abandon } = kafkaClient(settings, logger, { retry: OUTAGE_RETRY })
    this.#abandon = abandon
    this.#consumer = kafka.consumer({
      groupId,
      partitionAssigners: [parts.assigner],
      sessionTimeout: settings.sessionTimeoutMs,
      rebalanceTimeout: settings.sessionTimeoutMs,
      heartbeatInterval: this.#heartbeatMs,
      metadataMaxAge: METADATA_AGE_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      allowAutoTopicCreation: false,
      retry: { ...GROUP_RETRY, restartOnFailure: async () => false },
    })
    this.#listen()
  }

  /** Moment of the monotonic clock at which kafkajs last did something. */
  get lastActivityMs(): number {
    return this.#lastActivityMs
  }

  /** Resolves when kafkajs tries to join; `onJoin` or `onCrash` tells how it ended. */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    const { topic, onBatch } = this.#parts
    await this.#consumer.connect()
    if (this.#over) return
    // Where a log is cut off in front of a group, it goes on with what is left.
    await this.#consumer.subscribe({ topic, fromBeginning: true })
    if (this.#over) return
    this.#running = true
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (batch) => (this.#over ? Promise.resolve() : onBatch(batch)),
    })
  }

  /** Reads on from `offset`. */
  seek(partition: number, offset: number): void {
    if (this.#running && !this.#over)
      this.#consumer.seek({ topic: this.#parts.topic, partition, offset: String(offset) })
  }

  /** False when the brokers did not confirm. kafkajs also resolves when it has not tried, hence the event. */
  async commit(offsets: readonly OffsetToCommit[]): Promise<boolean> {
    if (this.#over) return false
    const { topic, logger } = this.#parts
    const before = this.#commitsSeen
    try {
      await this.#consumer.commitOffsets(offsets.map((offset) => ({ topic, ...offset })))
    } catch (err) {
      logger.warn({ err }, 'offsets not committed, trying again')
    }
    return this.#commitsSeen > before
  }

  /** Reads no more, but stays a member of the group. */
  pause(): void {
    if (this.#running && !this.#over) this.#consumer.pause([{ topic: this.#parts.topic }])
  }

  /** Keeps the membership alive while a batch waits. Rejects when the group is dealing its partitions anew. */
  keepAlive(batch: EachBatchPayload, onFailure: (error: unknown) => void): () => void {
    let ended = false
    const beat = async (): Promise<void> => {
      while (!ended) {
        await this.#parts.clock.sleep(this.#heartbeatMs / 2)
        if (ended) return
        this.#active()
        try {
          await batch.heartbeat()
        } catch (error) {
          onFailure(error)
          return
        }
      }
    }
    void beat()
    return () => {
      ended = true
    }
  }

  /** Leaves the group. Does not wait longer than 3 s for brokers that do not answer. */
  async stop(): Promise<void> {
    this.#over = true
    const { clock, logger } = this.#parts
    const left = this.#leave().catch((err: unknown) => {
      logger.warn({ err }, 'group not left')
    })
    const givenUp = new AbortController()
    await Promise.race([left, clock.sleep(STOP_MS, givenUp.signal)])
    givenUp.abort()
    this.#abandon()
  }

  async #leave(): Promise<void> {
    await this.#consumer.disconnect()
    // kafkajs does not stop a consumer that is about to join.
    await this.#starting.catch(() => undefined)
    await this.#consumer.disconnect()
  }

  #listen(): void {
    const { topic, onJoin, onRebalancing, onCrash } = this.#parts
    const consumer = this.#consumer
    const { GROUP_JOIN, REBALANCING, CRASH, COMMIT_OFFSETS, FETCH_START, HEARTBEAT } = consumer.events
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#active()
      if (!this.#over) onJoin(payload.memberId, payload.memberAssignment[topic] ?? [])
    })
    consumer.on(REBALANCING, () => {
      if (!this.#over) onRebalancing()
    })
    consumer.on(COMMIT_OFFSETS, () => void this.#commitsSeen++)
    consumer.on(FETCH_START, () => this.#active())
    consumer.on(HEARTBEAT, () => this.#active())
    consumer.on(CRASH, ({ payload }) => {
      if (this.#over) return
      this.#over = true
      onCrash(payload.error)
    })
  }

  #active(): void {
    this.#lastActivityMs = this.#parts.clock.monotonic()
  }
}
