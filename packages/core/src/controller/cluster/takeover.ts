import { isPlatformError, PlatformError } from '../../errors.ts'
import type { LoadBalancer, PlacementRequest } from '../../load-balancer/load-balancer.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import { acknowledgementBody } from '../../messages/acknowledgement.ts'
import { readActivationMessage, type ActivationMessage } from '../../messages/activation-message.ts'
import { completedTopic, invokerTopic } from '../../messages/invoker-instance.ts'
import { MB } from '../../model/byte-size.ts'
import type { Activation } from '../../model/activation.ts'
import { documentId } from '../../model/entity-name.ts'
import { JsonText } from '../../model/json-text.ts'
import { isStored, STORE_ALL } from '../../model/store-level.ts'
import type { Delivery, Queue, Subscription } from '../../queue/queue.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { retryUntilDone } from '../../retry-until-done.ts'
import { INVOKER_GONE, INVOKER_GONE_BEFORE } from './texts.ts'
import { GuardedPlacement } from './guarded-placement.ts'
import type { ClusterState } from './cluster-state.ts'
import { PROBE_TRANSACTION } from './health-probe.ts'

export interface TakeoverParts {
  readonly queue: Queue
  readonly cluster: ClusterState
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly logger: Logger
  /** Where an activation goes instead; `wait` and rejections mean: nowhere now. */
  readonly loadBalancer: LoadBalancer
  /** What the balancer is asked with; undefined when the action is gone. Rejects when it cannot be read. */
  readonly placementOf: (message: ActivationMessage) => Promise<Placeable | undefined>
  /** Whether it is up to this controller; one of all is enough, two do no harm. */
  readonly isResponsible: () => boolean
}

export interface Placeable {
  readonly request: PlacementRequest
  /** The action bears being run again. */
  readonly repeatable: boolean
}

/** An invoker that was silent for this long is not waited for any more, ms. */
export const TAKEOVER_AFTER_MS = 30_000
const PERIOD_MS = 1_000
/** A tick that comes later than this after the one before means that this process did not run, ms. */
const STOOD_STILL_MS = 5_000
const CONCURRENCY = 8

/**
 * Finishes what was sent to invokers that do not come back. It takes the messages of their topics in their stead:
 * what an invoker never had is sent to another one, what it may have started is ended with a record, as user code
 * is not started twice. When the invoker does come back, it gets its topic back.
 */
export class Takeover {
  readonly #parts: TakeoverParts
  readonly #placement: GuardedPlacement
  readonly #taken = new Map<number, Promise<Subscription | undefined>>()
  #giveUp = new AbortController()
  #sinceMs = 0
  #tickedMs = 0
  #timer: Timer | undefined

  constructor(parts: TakeoverParts) {
    this.#parts = parts
    this.#placement = new GuardedPlacement(parts.loadBalancer, parts.logger)
  }

  open(): void {
    this.#giveUp = new AbortController()
    this.#sinceMs = this.#parts.clock.monotonic()
    this.#tickedMs = this.#sinceMs
    this.#tick()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#giveUp.abort()
    await Promise.all(Array.from(this.#taken.keys(), (invoker) => this.#giveBack(invoker)))
  }

  #tick(): void {
    const { clock, cluster, isResponsible } = this.#parts
    this.#timer = clock.setTimer(PERIOD_MS, () => this.#tick())
    const responsible = isResponsible()
    const now = clock.monotonic()
    // After this process stood still, everybody has the whole time again to be heard.
    if (now - this.#tickedMs > STOOD_STILL_MS) this.#sinceMs = now
    this.#tickedMs = now
    for (const { id, state } of cluster.invokers) {
      const silentSince = Math.max(this.#sinceMs, cluster.lastSeenMs(id))
      const isGone = state === 'offline' && now - silentSince > TAKEOVER_AFTER_MS
      if (isGone && responsible) this.#take(id)
      else if (this.#taken.has(id)) void this.#giveBack(id)
    }
  }

  #take(invoker: number): void {
    if (this.#taken.has(invoker)) return
    const { queue, logger } = this.#parts
    const topic = invokerTopic(invoker)
    logger.warn({ invoker }, 'invoker gone: taking over what was sent to it')
    const options = { group: topic, concurrency: CONCURRENCY }
    const subscription = queue.subscribe(topic, options, (delivery) => this.#finish(delivery, invoker))
    this.#taken.set(
      invoker,
      subscription.catch((err: unknown) => {
        logger.warn({ err, invoker }, 'topic of a gone invoker not taken over yet')
        this.#taken.delete(invoker)
        return undefined
      }),
    )
  }

  async #giveBack(invoker: number): Promise<void> {
    const subscription = this.#taken.get(invoker)
    this.#taken.delete(invoker)
    await (await subscription)?.close()
  }

  /** Fulfilled once somebody else has the message, or the activation has its record. */
  async #finish({ body, attempt, signal }: Delivery, invoker: number): Promise<void> {
    const { logger } = this.#parts
    let message: ActivationMessage
    try {
      message = readActivationMessage(body)
    } catch (err) {
      logger.error({ err, invoker }, 'message of a gone invoker dropped: it is not an activation')
      return
    }
    if (message.transaction.id === PROBE_TRANSACTION) return
    const { activationId } = message
    const abandoned = AbortSignal.any([signal, this.#giveUp.signal])
    const found = await this.#insist(abandoned, activationId, () => this.#parts.placementOf(message)).catch(
      (cause: unknown) => {
        throw abandoned.aborted ? released({ cause }) : cause
      },
    )
    if (abandoned.aborted) throw released()
    if (found && (attempt === 1 || found.repeatable)) {
      const other = this.#choose(found.request)
      if (other !== undefined) {
        await this.#insist(abandoned, activationId, () => this.#parts.queue.publish(invokerTopic(other), body))
        logger.info({ activationId, from: invoker, to: other }, 'activation of a gone invoker sent to another')
        return
      }
    }
    await this.#end(abandoned, message, invoker, attempt === 1 ? INVOKER_GONE_BEFORE : INVOKER_GONE, found)
  }

  /** The balancer's choice; while everything is full, the least busy of those that could take it, as it has waited already. */
  #choose(request: PlacementRequest): number | undefined {
    const { cluster } = this.#parts
    const placement = this.#placement.choose(request, cluster)
    if (typeof placement === 'object' && 'invoker' in placement) return placement.invoker
    let best: { readonly id: number; readonly inFlight: number } | undefined
    for (const candidate of cluster.invokers) {
      const { state, memoryMb, inFlight, dedicatedNamespaces } = candidate
      if (state !== 'healthy' || memoryMb < request.memoryMb) continue
      if (dedicatedNamespaces.length > 0 && !dedicatedNamespaces.includes(request.namespace)) continue
      if (!best || inFlight < best.inFlight) best = candidate
    }
    return best?.id
  }

  /** Stores the record unless there is one, and tells the controller that waits. */
  async #end(
    abandoned: AbortSignal,
    message: ActivationMessage,
    invoker: number,
    error: string,
    found: Placeable | undefined,
  ): Promise<void> {
    const { activationStore, queue, clock, logger } = this.#parts
    const { transaction, activationId, controllerId } = message
    const record = recordOf(message, found, clock.now(), error)
    let response: Activation | 'stored' = message.blocking ? record : 'stored'
    if (isStored(message, 3, STORE_ALL)) {
      const outcome = await this.#insist(abandoned, activationId, () => activationStore.put(record))
      if (outcome === 'exists') response = 'stored'
    }
    logger.warn({ activationId, invoker }, 'activation of a gone invoker ended')
    const completion = {
      instance: { id: invoker, userMemoryBytes: MB, tags: [], dedicatedNamespaces: [] },
      systemError: true,
    }
    const acknowledgement = acknowledgementBody({ transaction, activationId, response, completion })
    await this.#insist(abandoned, activationId, () => queue.publish(completedTopic(controllerId), acknowledgement))
  }

  async #insist<T>(abandoned: AbortSignal, activationId: string, attempt: () => MaybePromise<T>): Promise<T> {
    const { clock, logger } = this.#parts
    return retryUntilDone(clock, abandoned, attempt, {
      isFinal: (error) => isPlatformError(error) && !error.retryable,
      onFailure: (err, attempts) => logger.warn({ err, activationId, attempts }, 'takeover of an activation delayed'),
    })
  }
}

/** Whoever has the topic next finds the message as it was. */
function released(options?: { readonly cause: unknown }): PlatformError {
  return new PlatformError('ERR_RELEASED', 'takeover abandoned before anything was done with the message', options)
}

function recordOf(
  { user, action, activationId, cause }: ActivationMessage,
  found: Placeable | undefined,
  nowMs: number,
  error: string,
): Activation {
  return {
    namespace: user.namespace.name,
    name: action.name,
    version: action.version ?? found?.request.version ?? '0.0.1',
    subject: user.subject,
    activationId,
    ...(cause === undefined ? {} : { cause }),
    start: nowMs,
    end: nowMs,
    duration: 0,
    publish: false,
    response: { statusCode: 3, result: JsonText.of({ error }) },
    logs: [],
    annotations: [
      { key: 'path', value: documentId(action) },
      { key: 'kind', value: found?.request.kind ?? 'unknown' },
      ...(cause === undefined ? [] : [{ key: 'causedBy', value: 'sequence' }]),
      ...(action.binding === undefined ? [] : [{ key: 'binding', value: action.binding }]),
    ],
  }
}
