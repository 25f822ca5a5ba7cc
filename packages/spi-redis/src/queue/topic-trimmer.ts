import type { AdapterContext, Timer } from '@stemcell/core'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { isRefusal } from '../connection/to-platform-error.ts'
import type { RedisQueueSettings } from '../redis-options.ts'
import { TRIM } from './queue-scripts.ts'
import { TopicKeys } from './topic-keys.ts'

const EVERY_MS = 10_000

/** Applies the retention to the topics that this process uses, as long as it does. */
export class TopicTrimmer {
  readonly #connection: RedisConnection
  readonly #settings: RedisQueueSettings
  readonly #context: AdapterContext
  readonly #used: () => Iterable<TopicKeys>
  #timer: Timer | undefined
  #working: Promise<void> = Promise.resolve()

  /** @param used the topics since the last call. */
  constructor(
    connection: RedisConnection,
    settings: RedisQueueSettings,
    context: AdapterContext,
    used: () => Iterable<TopicKeys>,
  ) {
    this.#connection = connection
    this.#settings = settings
    this.#context = context
    this.#used = used
  }

  start(): void {
    this.#timer = this.#context.clock.setTimer(EVERY_MS, () => {
      this.#working = this.trim().then(() => {
        if (this.#timer) this.start()
      })
    })
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#working
  }

  async trim(): Promise<void> {
    const { retentionMs, retentionBytes, leaseMs } = this.#settings
    for (const topic of this.#used()) {
      try {
        await this.#connection.runNow((redis) =>
          TRIM.run(
            redis,
            [topic.stream, topic.settings],
            [retentionMs, retentionBytes, topic.alivePrefix, 2 * leaseMs],
          ),
        )
      } catch (err) {
        const level = isRefusal(err) ? 'warn' : 'debug'
        this.#context.logger[level]({ key: topic.stream, err }, 'a topic was not trimmed; it will be next time')
      }
    }
  }
}
