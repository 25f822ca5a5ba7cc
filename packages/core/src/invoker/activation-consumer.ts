import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { readActivationMessage, type ActivationMessage } from '../messages/activation-message.ts'
import type { ActivationResponse } from '../model/activation.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import type { Delivery } from '../queue/queue.ts'
import type { Clock } from '../time/clock.ts'
import { TransientMap } from '../collections/transient-map.ts'
import type { ActionFailure, ActionSource } from './action-source.ts'
import { ActivationJob, released, type JobContext } from './activation-job.ts'
import { Taken } from './taken-message.ts'
import { exceededLimit } from './limit-check.ts'
import type { LoadedAction } from './parts/loaded-action.ts'
import { MessageLosses } from './message-losses.ts'
import type { ContainerPool } from './pool/container-pool.ts'
import { recordOfRun, recordWithoutAction } from './record/activation-record.ts'
import { RecentIds } from './recent-ids.ts'
import type { ActivationRecorder } from './record/activation-recorder.ts'
import { errorResponse } from '../model/error-response.ts'
import { ACTION_INCOMPATIBLE, ACTION_NOT_FETCHED, ACTION_REMOVED, MAYBE_STARTED, NO_INSTANCES } from './parts/texts.ts'

/** Ended activations that are remembered, so that a message which comes twice is not run twice. */
const REMEMBERED = 10_000

export interface ActivationConsumerParts {
  readonly actions: ActionSource
  readonly pool: ContainerPool
  readonly recorder: ActivationRecorder
  readonly jobs: JobContext
  readonly limits: PlatformLimits
  readonly clock: Clock
  readonly logger: Logger
}

/** Consumes activation messages and makes jobs of them. Each accepted activation ends in one record, whatever happens. */
export class ActivationConsumer {
  readonly #parts: ActivationConsumerParts
  readonly #open = new TransientMap<string, Promise<void>>()
  readonly #ended = new RecentIds(REMEMBERED)
  readonly #idle: (() => void)[] = []

  constructor(parts: ActivationConsumerParts) {
    this.#parts = parts
  }

  /** Activations that were received and are not yet acknowledged and stored. */
  get open(): number {
    return this.#open.size
  }

  /** Resolves as soon as none is open. */
  async whenIdle(): Promise<void> {
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve)
    })
  }

  /** For a subscription of the invoker's topic. */
  losses(): MessageLosses {
    return new MessageLosses((job) => {
      job.lose()
      if (job.ended) this.#parts.pool.withdraw(job)
    })
  }

  /**
   * The handler of the invoker's topic: fulfilled when the message may be forgotten, rejected with ERR_RELEASED when it
   * was lost, or the invoker stopped, before the activation was started.
   */
  take(delivery: Delivery, losses: MessageLosses): MaybePromise<void> {
    const { clock } = this.#parts
    const received = { atMs: clock.now(), monotonicMs: clock.monotonic() }
    let message: ActivationMessage
    try {
      message = readActivationMessage(delivery.body)
    } catch (err) {
      // There is nobody to report to, and another delivery would not help.
      this.#parts.logger.error({ err }, 'message dropped: it is not an activation')
      return
    }
    const { activationId } = message
    const known = this.#open.get(activationId)
    if (known) return known
    if (this.#ended.has(activationId)) return

    const taken = new Taken(message, received, delivery, losses, (ended) => this.#close(activationId, ended))
    this.#open.set(activationId, taken.outcome)
    try {
      this.#begin(taken)
    } catch (error) {
      taken.failed(error)
    }
    return taken.outcome
  }

  #begin(taken: Taken): void {
    const found = this.#parts.actions.get(taken.message)
    if (!isPromise(found)) return this.#submit(taken, found)
    const submitted = found.then((action) => {
      if (taken.losses.isLost(taken.delivery.signal)) throw released('its message may be given to another')
      this.#submit(taken, action)
    })
    submitted.catch((error: unknown) => taken.failed(error))
  }

  #submit(taken: Taken, action: LoadedAction | ActionFailure): void {
    const { message, delivery } = taken
    const { recorder, jobs, pool, limits, clock } = this.#parts
    // The message was delivered before, and the invoker that had it may have died in the middle of the run.
    if (delivery.attempt > 1 && (typeof action === 'string' || !action.repeatable))
      return taken.settled(this.#interrupted(message, action))
    if (typeof action === 'string') {
      const record = recordWithoutAction(message, responseWithoutAction(action), clock.now())
      return taken.settled(recorder.settle(message, record))
    }
    const exceeded = exceededLimit(action.action.limits, message.user.limits, limits)
    if (exceeded !== undefined) {
      const response = errorResponse(1, exceeded)
      return taken.settled(recorder.settle(message, recordWithoutAction(message, response, clock.now())))
    }
    if (action.action.limits.instances === 0) {
      const response = errorResponse(2, NO_INSTANCES)
      return taken.settled(recorder.settle(message, recordWithoutAction(message, response, clock.now())))
    }
    const job = new ActivationJob(jobs, message, action, taken.received, (outcome) => taken.settled(outcome))
    pool.submit(job)
    if (job.waits) taken.watch(job)
  }

  #interrupted(message: ActivationMessage, action: LoadedAction | ActionFailure): Promise<void> {
    const { recorder, clock, logger } = this.#parts
    const { activationId } = message
    logger.warn({ activationId, namespace: message.user.namespace.name }, 'interrupted activation not run again')
    const response = errorResponse(3, MAYBE_STARTED)
    const now = clock.now()
    const record =
      typeof action === 'string'
        ? recordWithoutAction(message, response, now)
        : recordOfRun(message, action, {
            response,
            start: now,
            durationMs: 0,
            timedOut: false,
            stages: { queue: Math.max(0, now - message.transaction.start), acquire: 0 },
            acquisition: undefined,
          })
    return recorder.settleIfOpen(message, record)
  }

  #close(activationId: string, ended: boolean): void {
    this.#open.delete(activationId)
    if (ended) this.#ended.add(activationId)
    if (this.#open.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function responseWithoutAction(failure: ActionFailure): ActivationResponse {
  switch (failure) {
    case 'removed':
      return errorResponse(1, ACTION_REMOVED)
    case 'incompatible':
      return errorResponse(3, ACTION_INCOMPATIBLE)
    case 'not-fetched':
      return errorResponse(3, ACTION_NOT_FETCHED)
  }
}
