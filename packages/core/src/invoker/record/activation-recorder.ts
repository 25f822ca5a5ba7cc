import { isPlatformError } from '../../errors.ts'
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
import { isStored, type StoreLevels } from './store-level.ts'
import { recordTooLarge } from '../../model/result-texts.ts'

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

/** Log lines that are still being read. */
export interface PendingLogs {
  readonly lines: Promise<readonly string[]>
  /** The run printed nothing: they are here within a turn or two of the event loop. */
  readonly soon: boolean
}

type StoreOutcome = 'stored' | 'exists' | 'not-wanted'

/** Tells the controller how an activation ended, and makes sure that its record is stored. */
export class ActivationRecorder {
  readonly #parts: ActivationRecorderParts

  constructor(parts: ActivationRecorderParts) {
    this.#parts = parts
  }

  /**
   * Resolves once the controller was told and the record is safe. A blocking caller gets the result without waiting for
   * its logs; the slot is freed when the logs are complete, or with the result if they are about to be. For others the
   * record is stored first, so that it can be read as soon as the end is known. Where the queue is not durable, a result
   * is sent only after the record is stored; while its logs are still being read, a provisional record is enough.
   * Rejects when the invoker stops before the record is safe; the message must then be kept.
   */
  async settle(message: ActivationMessage, record: Activation, logs?: PendingLogs): Promise<void> {
    this.#tell(message, record)
    const { clock, queue } = this.#parts
    const { durable } = queue.capabilities
    const beganMs = clock.monotonic()
    const read = !durable && logs?.soon ? await logs.lines.catch(() => undefined) : undefined
    const complete = logs ? this.#complete(message, record, read ?? logs.lines, beganMs) : record
    if (isPromise(complete) && !durable) await this.#putProvisional(message, record)
    const completion = this.#completion(record)
    if (!message.blocking) {
      await this.#store(message, await complete)
      await this.#acknowledge(message, { response: 'stored', completion })
    } else if (isPromise(complete)) {
      // Logs that are complete in a moment are read before another activation could need the slot.
      const last = logs?.soon ? { completion } : {}
      const told = this.#acknowledge(message, { response: record, ...last })
      const whole = await complete
      const [sent] = await Promise.all([
        told,
        logs?.soon ? undefined : this.#acknowledge(message, { completion }),
        this.#store(message, whole),
      ])
      if (sent === 'too-large') await this.#acknowledge(message, { response: 'stored', ...last })
    } else {
      const before = durable ? undefined : this.#store(message, complete)
      if (isPromise(before)) await before
      const told = this.#acknowledge(message, { response: record, completion })
      if (durable) await this.#store(message, complete)
      if ((await told) === 'too-large') await this.#acknowledge(message, { response: 'stored', completion })
    }
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
    beganMs: number,
  ): MaybePromise<Activation> {
    const { user } = message
    const { clock, logStore, logger, observer } = this.#parts
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

  async #acknowledge(
    { transaction, activationId, controllerId }: ActivationMessage,
    content: Pick<Acknowledgement, 'response' | 'completion'>,
  ): Promise<'sent' | 'too-large' | 'given-up'> {
    const { queue, clock, logger, giveUp } = this.#parts
    const topic = completedTopic(controllerId)
    const body = acknowledgementBody({ transaction, activationId, ...content })
    try {
      await retryUntilDone(clock, giveUp, () => queue.publish(topic, body), {
        isFinal,
        onFailure: (err, attempts) => logger.warn({ activationId, topic, attempts, err }, 'acknowledgement not sent'),
      })
      return 'sent'
    } catch (err) {
      if (isPlatformError(err, 'ERR_TOO_LARGE')) return 'too-large'
      // The record tells the caller; the slot is freed by the controller's own time-out.
      logger.error({ activationId, topic, err }, 'acknowledgement given up')
      return 'given-up'
    }
  }

  /** For a record whose logs are still being read. */
  async #putProvisional(message: ActivationMessage, record: Activation): Promise<void> {
    if (!isStored(message, record.response.statusCode, this.#parts.storeLevels)) return
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
    const { storeLevels, clock, observer } = this.#parts
    if (!isStored(message, record.response.statusCode, storeLevels)) return 'not-wanted'
    const began = clock.monotonic()
    const stored = (outcome: StoreOutcome): StoreOutcome => {
      observer.stored?.(stageEvent(message, clock.monotonic() - began))
      return outcome
    }
    const put = this.#put(record)
    return isPromise(put) ? put.catch((error: unknown) => this.#storeLess(record, error)).then(stored) : stored(put)
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

/** Trying again would not help. */
function isFinal(error: unknown): boolean {
  return isPlatformError(error, 'ERR_TOO_LARGE') || isPlatformError(error, 'ERR_CLOSED')
}
