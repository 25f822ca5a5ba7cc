import { TransientMap } from '../../collections/transient-map.ts'
import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import { isStored, STORE_ALL, type Recorded, type StoreLevels } from '../../model/store-level.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { Clock } from '../../time/clock.ts'
import { retryUntilDone } from '../../retry-until-done.ts'
import { putRecord } from './put-record.ts'

export interface RecordWriterParts {
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly logger: Logger
  readonly storeLevels?: StoreLevels
}

/** `lost`: the platform closed while the store did not take it. */
export type RecordOutcome = 'stored' | 'exists' | 'not-wanted' | 'lost'

/** How long records still find a store that does not answer, once the platform closes, ms. */
const CLOSE_GRACE_MS = 5_000

/** Stores records, and tries again while the store does not take them. */
export class RecordWriter {
  readonly #parts: RecordWriterParts
  readonly #writes = new TransientMap<number, Promise<unknown>>()
  #begun = 0
  #giveUp = new AbortController()

  constructor(parts: RecordWriterParts) {
    this.#parts = parts
  }

  open(): void {
    this.#giveUp = new AbortController()
  }

  /** Stores the record unless it is not wanted. Never throws or rejects. */
  keep(record: Activation, invocation: Recorded): MaybePromise<RecordOutcome> {
    if (!isStored(invocation, record.response.statusCode, this.#parts.storeLevels ?? STORE_ALL)) return 'not-wanted'
    const stored = this.#store(record)
    if (!isPromise(stored)) return stored
    const number = this.#begun++
    const write = stored.finally(() => this.#writes.delete(number))
    this.#writes.set(number, write)
    return write
  }

  /** What is not stored within the grace is lost, and logged. */
  async close(): Promise<void> {
    const stored = new AbortController()
    const settled = Promise.all(this.#writes.values()).finally(() => stored.abort())
    await this.#parts.clock.sleep(CLOSE_GRACE_MS, stored.signal)
    this.#giveUp.abort()
    await settled
  }

  #store(record: Activation): MaybePromise<RecordOutcome> {
    const { activationStore, clock, logger } = this.#parts
    const { activationId } = record
    const stored = retryUntilDone(clock, this.#giveUp.signal, () => putRecord(activationStore, record), {
      isFinal: (error) => isPlatformError(error, 'ERR_TOO_LARGE') || isPlatformError(error, 'ERR_CLOSED'),
      onFailure: (err, attempts) => logger.warn({ err, activationId, attempts }, 'record not stored yet'),
    })
    if (!isPromise(stored)) return stored
    return stored.catch((err: unknown) => {
      logger.error({ err, activationId }, 'record of an activation lost')
      return 'lost'
    })
  }
}
