import { isPlatformError } from '../../errors.ts'
import type { Mutable } from '../../mutable.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { LogStore } from '../../log-store/log-store.ts'
import type { Logger } from '../../log.ts'
import { acknowledgementBody, type Acknowledgement } from '../../messages/acknowledgement.ts'
import type { ActivationMessage } from '../../messages/activation-message.ts'
import { activationEvent, type EmitEvent } from '../../messages/event-message.ts'
import { completedTopic, type InvokerInstance } from '../../messages/invoker-instance.ts'
import type { Activation } from '../../model/activation.ts'
import type { Queue } from '../../queue/queue.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import { invokerOwner } from '../../store/record-owner.ts'
import type { Clock } from '../../time/clock.ts'
import { missingLogsLine } from '../logs/log-lines.ts'
import type { InvokerObserver } from '../parts/observer.ts'
import { stageEvent } from '../parts/traced.ts'
import { retryUntilDone } from '../../retry-until-done.ts'
import { withLogs } from './activation-record.ts'
import { errorResponse } from '../../model/error-response.ts'
import { RecordsOfTurn } from './records-of-turn.ts'
import { isStored, type StoreLevels } from './store-level.ts'
import { recordTooLarge } from '../../model/result-texts.ts'
import { whenDone } from '../../when-done.ts'

export interface ActivationRecorderParts {
  readonly instance: InvokerInstance
  readonly queue: Queue
  readonly activationStore: ActivationStore
  readonly logStore: LogStore
  readonly clock: Clock
  readonly logger: Logger
  readonly observer: InvokerObserver
  readonly emit?: EmitEvent
  readonly storeLevels: StoreLevels
  /** Aborts when the invoker has waited long enough for queue and store on its way out. */
  readonly giveUp: AbortSignal
}

type Sent = 'sent' | 'too-large' | 'given-up'
type StoreOutcome = 'stored' | 'exists' | 'not-wanted'

/** An activation whose record is whole. */
interface Ending {
  readonly message: ActivationMessage
  readonly record: Activation
  readonly whole: Activation
  readonly settled: (outcome: MaybePromise<void>) => void
}

/** Tells the controller how an activation ended, and makes sure that its record is stored. */
export class ActivationRecorder {
  readonly #parts: ActivationRecorderParts

  /** Undefined where the store takes one record at a time. */
  readonly #together: RecordsOfTurn | undefined

  constructor(parts: ActivationRecorderParts) {
    this.#parts = parts
    const { activationStore, logger } = parts
    this.#together = activationStore.putAll && new RecordsOfTurn((records) => activationStore.putAll!(records), logger)
  }

  /**
   * Done once the controller was told and the record is safe, without a promise where both are at once. A blocking
   * caller gets the result without waiting for logs that are still being read; the slot is freed when they are complete.
   * For others the record is stored first, so that it can be read as soon as the end is known. Where the queue is not
   * durable, a result is sent only after the record is stored; while its logs are being read, a provisional record is
   * enough. Rejects when the invoker stops before the record is safe; the message must then be kept.
   */
  settle(message: ActivationMessage, record: Activation, logs?: MaybePromise<readonly string[]>): MaybePromise<void> {
    try {
      return this.#settle(message, record, this.#wholeOf(message, record, logs), logs)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /**
   * The same for one of many activations that end in one turn of the event loop: their records are stored by one call at
   * its end, where the store takes several. `settled` is called once, with what `settle` would have returned.
   */
  settleTogether(
    message: ActivationMessage,
    record: Activation,
    logs: MaybePromise<readonly string[]> | undefined,
    settled: (outcome: MaybePromise<void>) => void,
  ): void {
    let outcome: MaybePromise<void>
    try {
      const whole = this.#wholeOf(message, record, logs)
      if (this.#together && !isPromise(whole) && this.#isStored(message, record)) {
        return this.#storeTogether(this.#together, { message, record, whole, settled })
      }
      outcome = this.#settle(message, record, whole, logs)
    } catch (error) {
      outcome = Promise.reject(error as Error)
    }
    settled(outcome)
  }

  #storeTogether(together: RecordsOfTurn, { message, record, whole, settled }: Ending): void {
    const sent = this.#tellBefore(message, record)
    const began = this.#parts.clock.monotonic()
    together.add(whole, (stored) => {
      let outcome: MaybePromise<void>
      try {
        if (stored === 'unknown') outcome = this.#storeAndTell(message, record, whole, sent)
        else {
          this.#observeStored(message, began)
          outcome = this.#tellAfter(message, record, sent)
        }
      } catch (error) {
        outcome = Promise.reject(error as Error)
      }
      settled(outcome)
    })
  }

  /** The record with its logs. */
  #wholeOf(
    message: ActivationMessage,
    record: Activation,
    logs: MaybePromise<readonly string[]> | undefined,
  ): MaybePromise<Activation> {
    this.#tell(message, record)
    return logs === undefined ? record : this.#complete(message, record, logs)
  }

  #settle(
    message: ActivationMessage,
    record: Activation,
    whole: MaybePromise<Activation>,
    logs: MaybePromise<readonly string[]> | undefined,
  ): MaybePromise<void> {
    if (isPromise(whole)) return this.#settleLate(message, record, whole, !isPromise(logs))
    return this.#settleWhole(message, record, whole)
  }

  #settleWhole(message: ActivationMessage, record: Activation, whole: Activation): MaybePromise<void> {
    return this.#storeAndTell(message, record, whole, this.#tellBefore(message, record))
  }

  #storeAndTell(
    message: ActivationMessage,
    record: Activation,
    whole: Activation,
    sent: MaybePromise<Sent> | undefined,
  ): MaybePromise<void> {
    return whenDone(this.#store(message, whole), () => this.#tellAfter(message, record, sent))
  }

  /** Where the queue keeps what it was given, a caller who waits is told before the record is stored. */
  #tellBefore(message: ActivationMessage, record: Activation): MaybePromise<Sent> | undefined {
    if (!message.blocking || !this.#parts.queue.capabilities.durable) return undefined
    return this.#acknowledge(message, { response: record, completion: this.#completion(record) })
  }

  /** The record is stored. `sent` is what became of telling before. */
  #tellAfter(message: ActivationMessage, record: Activation, sent: MaybePromise<Sent> | undefined): MaybePromise<void> {
    const completion = this.#completion(record)
    const tellStored = (): MaybePromise<void> =>
      ignoring(this.#acknowledge(message, { response: 'stored', completion }))
    if (!message.blocking) return tellStored()
    const told = sent ?? this.#acknowledge(message, { response: record, completion })
    return whenDone(told, (outcome) => (outcome === 'too-large' ? tellStored() : undefined))
  }

  /** Its logs are still being read, or, when they are `read`, being kept elsewhere: then the slot is free. */
  async #settleLate(
    message: ActivationMessage,
    record: Activation,
    complete: Promise<Activation>,
    read: boolean,
  ): Promise<void> {
    if (!this.#parts.queue.capabilities.durable) await this.#putProvisional(message, record)
    if (!message.blocking) return this.#settleWhole(message, record, await complete)
    const completion = this.#completion(record)
    const last = read ? { completion } : {}
    const told = this.#acknowledge(message, { response: record, ...last })
    const whole = await complete
    const [sent] = await Promise.all([
      told,
      read ? undefined : this.#acknowledge(message, { completion }),
      this.#store(message, whole),
    ])
    if (sent === 'too-large') await this.#acknowledge(message, { response: 'stored', ...last })
  }

  /**
   * For an activation that another process may have ended: the record is stored unless there is one, and the controller
   * is told which one is stored.
   */
  async settleIfOpen(message: ActivationMessage, record: Activation): Promise<void> {
    const outcome = await this.#store(message, record)
    if (outcome !== 'exists') this.#tell(message, record)
    const completion = this.#completion(record)
    const response = outcome === 'exists' || !message.blocking ? 'stored' : record
    await this.#acknowledge(message, { response, completion })
  }

  #tell({ user }: ActivationMessage, record: Activation): void {
    const { emit } = this.#parts
    const event = emit && activationEvent(record)
    if (event) emit(user, event)
  }

  #completion({ response }: Activation): NonNullable<Acknowledgement['completion']> {
    return { instance: this.#parts.instance, systemError: response.statusCode === 3 }
  }

  #complete(
    message: ActivationMessage,
    record: Activation,
    lines: MaybePromise<readonly string[]>,
  ): MaybePromise<Activation> {
    const { user } = message
    const { clock, logStore, logger, observer } = this.#parts
    const beganMs = clock.monotonic()
    const finished = (logs: readonly string[]): Activation => {
      const ms = clock.monotonic() - beganMs
      observer.logged?.(stageEvent(message, ms))
      return withLogs(record, logs, ms)
    }
    const failed = (err: unknown): Activation => {
      logger.warn({ activationId: record.activationId, err }, 'logs not stored')
      return finished([missingLogsLine(clock)])
    }
    try {
      const kept = isPromise(lines)
        ? lines.then((read) => logStore.keep(record, user, read))
        : logStore.keep(record, user, lines)
      return isPromise(kept) ? kept.then(finished).catch(failed) : finished(kept)
    } catch (err) {
      return failed(err)
    }
  }

  #acknowledge(
    { transaction, activationId, controllerId }: ActivationMessage,
    { response, completion }: Pick<Acknowledgement, 'response' | 'completion'>,
  ): MaybePromise<Sent> {
    const { queue, clock, logger, giveUp } = this.#parts
    const topic = completedTopic(controllerId)
    const acknowledgement: Mutable<Acknowledgement> = { transaction, activationId }
    if (response !== undefined) acknowledgement.response = response
    if (completion) acknowledgement.completion = completion
    const body = acknowledgementBody(acknowledgement)
    const published = retryUntilDone(clock, giveUp, () => queue.publish(topic, body), {
      isFinal,
      onFailure: (err, attempts) => logger.warn({ activationId, topic, attempts, err }, 'acknowledgement not sent'),
    })
    if (!isPromise(published)) return 'sent'
    return published.then(
      () => 'sent',
      (err: unknown) => {
        if (isPlatformError(err, 'ERR_TOO_LARGE')) return 'too-large'
        // The record tells the caller; the slot is freed by the controller's own time-out.
        logger.error({ activationId, topic, err }, 'acknowledgement given up')
        return 'given-up'
      },
    )
  }

  /** For a record whose logs are still being read. */
  async #putProvisional(message: ActivationMessage, record: Activation): Promise<void> {
    if (!this.#isStored(message, record)) return
    const { activationStore, clock, logger, instance, giveUp } = this.#parts
    const { activationId } = record
    const putProvisional = (known: Activation): MaybePromise<void> =>
      retryUntilDone(clock, giveUp, () => activationStore.putProvisional(invokerOwner(instance.id), known), {
        isFinal,
        onFailure: (err, attempts) => logger.warn({ activationId, attempts, err }, 'provisional record not written'),
      })
    try {
      await putProvisional(record)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_TOO_LARGE')) throw error
      await putProvisional(this.#withoutResult(record))
    }
  }

  #store(message: ActivationMessage, record: Activation): MaybePromise<StoreOutcome> {
    if (!this.#isStored(message, record)) return 'not-wanted'
    const began = this.#parts.clock.monotonic()
    const stored = (outcome: StoreOutcome): StoreOutcome => {
      this.#observeStored(message, began)
      return outcome
    }
    const put = this.#put(record)
    return isPromise(put) ? put.catch((error: unknown) => this.#storeLess(record, error)).then(stored) : stored(put)
  }

  #isStored(message: ActivationMessage, record: Activation): boolean {
    return isStored(message, record.response.statusCode, this.#parts.storeLevels)
  }

  #observeStored(message: ActivationMessage, began: number): void {
    const { clock, observer } = this.#parts
    observer.stored?.(stageEvent(message, clock.monotonic() - began))
  }

  /** What is left of a record that the store does not take, for the reason that `error` tells. */
  async #storeLess(record: Activation, error: unknown): Promise<'stored' | 'exists'> {
    if (!isPlatformError(error, 'ERR_TOO_LARGE')) throw error
    const smaller = this.#withoutLogs(record)
    try {
      return await this.#put(smaller)
    } catch (again) {
      if (!isPlatformError(again, 'ERR_TOO_LARGE')) throw again
    }
    return this.#put(this.#withoutResult(smaller))
  }

  #put(record: Activation): MaybePromise<'stored' | 'exists'> {
    const { activationStore, clock, logger, observer, giveUp } = this.#parts
    const { activationId } = record
    return retryUntilDone(clock, giveUp, () => activationStore.put(record), {
      isFinal,
      onFailure: (err, attempts) => {
        observer.recordRetried?.({ attempts })
        logger.warn({ activationId, attempts, err }, 'record not stored')
      },
    })
  }

  #withoutLogs(record: Activation): Activation {
    return { ...record, logs: [missingLogsLine(this.#parts.clock)] }
  }

  #withoutResult(record: Activation): Activation {
    const { statusCode, size } = record.response
    const text = recordTooLarge(this.#parts.activationStore.capabilities.maxRecordBytes)
    return { ...record, response: errorResponse(statusCode === 0 ? 1 : statusCode, text, size) }
  }
}

function ignoring(outcome: MaybePromise<unknown>): MaybePromise<void> {
  return whenDone(outcome, () => undefined)
}

/** Trying again would not help. */
function isFinal(error: unknown): boolean {
  return isPlatformError(error, 'ERR_TOO_LARGE') || isPlatformError(error, 'ERR_CLOSED')
}
