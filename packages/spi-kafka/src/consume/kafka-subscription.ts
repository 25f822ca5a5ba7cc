import {
  isPlatformError,
  PlatformError,
  type AdapterContext,
  type Logger,
  type MessageHandler,
  type SubscribeOptions,
  type Subscription,
  type Timer,
} from '@stemcell/core'
import type { SubscriptionHealth } from '../kafka-health.ts'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import { toPlatformError } from '../to-platform-error.ts'
import type { Topics } from '../topics.ts'
import { Changes } from './changes.ts'
import { ConsumerSession } from './consumer-session.ts'
import { MessageDispatcher } from './message-dispatcher.ts'
import { LeaseTable } from './lease-table.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { stickyAssigner } from './sticky-assigner.ts'
import { takeBatch } from './take-batch.ts'

const DEFAULT_REDELIVER_AFTER_MS = 1000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000
const LAST_COMMITS = 3
/** kafkajs has been seen to stop without a word; this many session time-outs without activity are taken for that. */
const SILENT_SESSIONS = 3

export interface KafkaSubscriptionParts {
  readonly topic: string
  readonly groupId: string
  /** As the platform calls them. */
  readonly names: { readonly topic: string; readonly group: string }
  readonly options: SubscribeOptions
  readonly handler: MessageHandler
  readonly settings: KafkaSettings
  readonly context: AdapterContext
  readonly topics: Topics
  readonly onClosed: () => void
}

/** A subscriber: sessions of a kafkajs consumer, one after the other as they fail, and the leases that outlive them. */
export class KafkaSubscription implements Subscription {
  readonly #parts: KafkaSubscriptionParts
  readonly #logger: Logger
  readonly #changes: Changes
  readonly #leases: LeaseTable
  readonly #committer: OffsetCommitter
  readonly #dispatcher: MessageDispatcher
  readonly #closing = new AbortController()
  #session: ConsumerSession | undefined
  #endSession: (() => void) | undefined
  /** A member of the group, and the group is not dealing its partitions anew. */
  #joined = false
  #watch: Timer | undefined
  #closed: Promise<void> | undefined

  constructor(parts: KafkaSubscriptionParts) {
    const { topic, groupId, options, handler, settings, context } = parts
    const { clock } = context
    this.#parts = parts
    this.#changes = new Changes(clock)
    this.#logger = context.logger.child({ topic, groupId })
    this.#leases = new LeaseTable({ topic, groupId, settings, context, logger: this.#logger })
    this.#committer = new OffsetCommitter({ clock, delayMs: settings.commitDelayMs, commit: () => this.#commit() })
    this.#dispatcher = new MessageDispatcher({
      concurrency: options.concurrency,
      redeliverAfterMs: options.redeliverAfterMs ?? DEFAULT_REDELIVER_AFTER_MS,
      maxHeld: settings.maxHeldMessages,
      handler,
      clock,
      logger: this.#logger,
      leases: () => this.#leases.all(),
      record: options.repeatable ? undefined : () => this.#committer.now(),
      onAcknowledged: () => this.#committer.soon(),
      changes: this.#changes,
    })
  }

  /**
   * Joins the group. Resolves once it has an offset on record for every partition, so that nothing published from now on
   * can be missed, whatever happens to whom.
   * @throws ERR_UNAVAILABLE not within `subscribeTimeoutMs`; ERR_CONFIG the brokers refuse.
   */
  async open(): Promise<void> {
    const { clock } = this.#parts.context
    const deadlineMs = clock.monotonic() + this.#parts.settings.subscribeTimeoutMs
    let failure: unknown
    const noteFailure = (error: unknown): void => {
      failure = error
      this.#changes.announce()
    }
    void this.#run(noteFailure)
    try {
      while (!(await this.#ready().catch(noteFailure))) {
        const final = isPlatformError(failure) && !failure.retryable
        if (final || clock.monotonic() >= deadlineMs || this.#closing.signal.aborted) {
          throw failure ?? new PlatformError('ERR_UNAVAILABLE', `@stemcell/spi-kafka: ${this.#describe()} not joined`)
        }
        await this.#changes.next(FIRST_PAUSE_MS)
      }
    } catch (error) {
      await this.close()
      throw toPlatformError(error, this.#describe())
    }
    this.#logger.info({ partitions: this.#leases.partitions() }, 'subscribed')
  }

  async #ready(): Promise<boolean> {
    if (!this.#joined || !(await this.#committer.now())) return false
    return this.#leases.complete(await this.#parts.topics.ensure(this.#parts.topic))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  health(): SubscriptionHealth {
    const { topic, group } = this.#parts.names
    const state = this.#closing.signal.aborted ? 'closing' : this.#joined ? 'up' : 'joining'
    const { running, held } = this.#dispatcher
    return { topic, group, state, partitions: this.#leases.partitions(), running, held }
  }

  #describe(): string {
    return `group ${this.#parts.groupId} of topic ${this.#parts.topic}`
  }

  /** One session after the other, until closing. */
  async #run(onFailure: (error: unknown) => void): Promise<void> {
    const { clock } = this.#parts.context
    const { signal } = this.#closing
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const startedMs = clock.monotonic()
      const error = await this.#runSession()
      if (signal.aborted) return
      if (clock.monotonic() - startedMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS
      const err = toPlatformError(error, this.#describe())
      this.#logger.warn({ err, pauseMs }, 'subscription interrupted, joining again')
      onFailure(err)
      await clock.sleep(pauseMs, signal)
    }
  }

  /** Resolves with what ended the session. */
  async #runSession(): Promise<unknown> {
    const { topic, groupId, settings, context, topics } = this.#parts
    const { clock } = context
    let end: (error: unknown) => void = () => undefined
    const ended = new Promise<unknown>((resolve) => (end = resolve))
    this.#endSession = () => end(undefined)
    const session = new ConsumerSession({
      topic,
      groupId,
      settings,
      clock,
      logger: this.#logger,
      assigner: stickyAssigner(topic, () => this.#leases.claims()),
      onJoin: (memberId, partitions) => void this.#onJoin(session, memberId, partitions),
      onRebalancing: () => this.#onRebalancing(),
      onBatch: (batch) =>
        takeBatch(batch, {
          session,
          leases: this.#leases,
          dispatcher: this.#dispatcher,
          changes: this.#changes,
          over: () => session !== this.#session || this.#closing.signal.aborted,
        }),
      onCrash: end,
    })
    try {
      await topics.ensureAgain(topic)
      if (this.#closing.signal.aborted) return undefined
      this.#session = session
      this.#watchSilence(session, end)
      await session.start()
      return await ended
    } catch (error) {
      return error
    } finally {
      this.#joined = false
      this.#leases.doubt()
      this.#watch?.cancel()
      if (!this.#closing.signal.aborted) await session.stop()
    }
  }

  #watchSilence(session: ConsumerSession, end: (error: unknown) => void): void {
    const { clock } = this.#parts.context
    const limitMs = SILENT_SESSIONS * this.#parts.settings.sessionTimeoutMs
    this.#watch = clock.setTimer(limitMs / 2, () => {
      if (clock.monotonic() - session.lastActivityMs > limitMs) end(new Error(`no activity for ${limitMs} ms`))
      else this.#watchSilence(session, end)
    })
  }

  async #onJoin(session: ConsumerSession, memberId: string, partitions: readonly number[]): Promise<void> {
    this.#logger.debug({ memberId, partitions }, 'joined')
    await this.#leases.assign(memberId, partitions, (partition, offset) => session.seek(partition, offset))
    if (session !== this.#session) return
    this.#joined = true
    // Whose they are is on record before anything is handed out, so that a former owner sees it.
    void this.#committer.now()
    this.#dispatcher.schedule()
    this.#changes.announce()
  }

  #onRebalancing(): void {
    // Goes out before the request to join, and so counts for whoever gets the partitions.
    void this.#committer.now()
    this.#joined = false
  }

  async #commit(): Promise<boolean> {
    const session = this.#session
    if (!session || !this.#joined) return false
    const { offsets, confirm } = this.#leases.toCommit()
    if (offsets.length === 0) return true
    const confirmed = await session.commit(offsets)
    if (confirmed) confirm()
    return confirmed
  }

  async #close(): Promise<void> {
    const session = this.#session
    this.#closing.abort()
    this.#changes.announce()
    this.#leases.abort()
    session?.pause()
    await this.#dispatcher.stop()
    for (let tries = 1; this.#joined && tries <= LAST_COMMITS && !(await this.#committer.now()); tries++) {
      this.#logger.warn({ tries }, 'acknowledgements not recorded; unless they are, the messages come again')
    }
    this.#committer.cancel()
    this.#watch?.cancel()
    await session?.stop()
    this.#endSession?.()
    this.#joined = false
    this.#parts.onClosed()
  }
}
