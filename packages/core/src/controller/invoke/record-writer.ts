import { isPlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import { isStored, STORE_ALL, type Recorded, type StoreLevels } from '../../model/store-level.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { Clock } from '../../time/clock.ts'
import { retryUntilDone } from '../../time/retry-until-done.ts'
import { errorResponse } from './error-response.ts'
import { recordTooLarge } from './texts.ts'

export interface RecordWriterParts {
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly logger: Logger
  readonly storeLevels?: StoreLevels
}

/** How long records still find a store that does not answer, once the platform closes, ms. */
const CLOSE_GRACE_MS = 5_000

/** Stores records behind the answers, and tries again while the store does not take them. */
export class RecordWriter {
  readonly #parts: RecordWriterParts
  readonly #writes = new Set<Promise<void>>()
  #giveUp = new AbortController()

  constructor(parts: RecordWriterParts) {
    this.#parts = parts
  }

  open(): void {
    this.#giveUp = new AbortController()
  }

  /** Stores the record unless it is not wanted. Returns at once. */
  keep(record: Activation, invocation: Recorded): void {
    if (!isStored(invocation, record.response.statusCode, this.#parts.storeLevels ?? STORE_ALL)) return
    const write = this.#store(record).finally(() => this.#writes.delete(write))
    this.#writes.add(write)
  }

  /** What is not stored within the grace is lost, and logged. */
  async close(): Promise<void> {
    const stored = new AbortController()
    const settled = Promise.all(this.#writes).finally(() => stored.abort())
    await this.#parts.clock.sleep(CLOSE_GRACE_MS, stored.signal)
    this.#giveUp.abort()
    await settled
  }

  async #store(record: Activation): Promise<void> {
    const { activationStore, logger } = this.#parts
    try {
      await this.#put(record)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_TOO_LARGE')) {
        logger.error({ err: error, activationId: record.activationId }, 'record of a composite not stored')
        return
      }
      const { statusCode } = record.response
      const text = recordTooLarge(activationStore.capabilities.maxRecordBytes)
      await this.#store({ ...record, response: errorResponse(statusCode === 0 ? 1 : statusCode, text), logs: [] })
    }
  }

  #put(record: Activation): Promise<unknown> {
    const { activationStore, clock, logger } = this.#parts
    const { activationId } = record
    return retryUntilDone(clock, this.#giveUp.signal, () => activationStore.put(record), {
      isFinal: (error) => isPlatformError(error, 'ERR_TOO_LARGE') || isPlatformError(error, 'ERR_CLOSED'),
      onFailure: (err, attempts) =>
        logger.warn({ err, activationId, attempts }, 'record of a composite not stored yet'),
    })
  }
}
