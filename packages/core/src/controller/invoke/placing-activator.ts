import { isPlatformError, PlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts'
import type { Logger } from '../../log.ts'
import { readAcknowledgement, type Acknowledgement } from '../../messages/acknowledgement.ts'
import { activationBody, type ActivationMessage } from '../../messages/activation-message.ts'
import { activationEvent, type EmitEvent } from '../../messages/event-message.ts'
import { completedTopic, invokerTopic } from '../../messages/invoker-instance.ts'
import type { Activation } from '../../model/activation.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { Tracer } from '../../model/tracer.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Delivery, Queue, Subscription } from '../../queue/queue.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import { controllerOwner } from '../../store/record-owner.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadlines } from '../../time/deadlines.ts'
import { randomId, type Random } from '../../time/random.ts'
import { within } from '../../time/within.ts'
import { TransientMap } from '../../collections/transient-map.ts'
import type { ClusterState } from '../cluster/cluster-state.ts'
import type { HealthProbe } from '../cluster/health-probe.ts'
import type { InvokerOutcome } from '../cluster/invoker-health.ts'
import { Supervisor } from '../cluster/supervisor.ts'
import { WaitingRoom } from '../cluster/waiting-room.ts'
import type { ActivationFacts, ControllerObserver } from '../parts/observer.ts'
import { ActivationRefused } from '../refusals/activation-refused.ts'
import type { ActivationOutcome, ActivationRequest, Activator } from './activator.ts'
import { ProvisionalRecords } from './provisional-records.ts'
import { GuardedPlacement } from '../cluster/guarded-placement.ts'
import { InFlight, type Bookkeeper } from './in-flight.ts'
import { mergeArguments } from './merge-arguments.ts'
import { placementRequest } from '../cluster/placement-request.ts'
import { RecordWriter } from './record-writer.ts'
import { refusedActivation } from './refused-activation.ts'
import { CONTROLLER_STOPPED, NO_ACKNOWLEDGEMENT, NOT_PUBLISHED, NOT_STARTED } from './texts.ts'
import type { Mutable } from '../../mutable.ts'

export interface ActivatorParts {
  readonly controllerId: string
  readonly queue: Queue
  readonly activationStore: ActivationStore
  readonly loadBalancer: LoadBalancer
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: PlatformLimits
  readonly manifest: RuntimesManifest
  /** Activations that may wait for a slot on this controller. */
  readonly maxWaiting: number
  /** Sends test actions to invokers. Without it every invoker that pings is taken for healthy. */
  readonly probe?: HealthProbe
  readonly observer?: ControllerObserver
  readonly tracer?: Tracer
  readonly emit?: EmitEvent
}

/** Acknowledgements handled at once. */
const ACKNOWLEDGEMENT_CONCURRENCY = 128

/** How often a blocking caller whose result was only stored, or lost, looks into the store, ms. */
const POLL_MS = 1000

/** How long those who were never placed find a store that does not answer, when the platform drains, ms. */
const UNPLACED_GRACE_MS = 5_000

/**
 * Places activations, tracks them until they complete, and gives blocking callers their results.
 * Every activation that it accepted is either acknowledged by an invoker or ended here with a record. Before an id is
 * handed out, a durable queue has the message or the store a record that says that it was cut short.
 */
export class PlacingActivator implements Activator, Bookkeeper {
  readonly cluster: ClusterState
  readonly deadlines: Deadlines
  readonly #supervisor: Supervisor
  readonly #parts: ActivatorParts
  readonly #inFlight = new TransientMap<string, InFlight>()
  readonly #perNamespace = new Map<string, number>()
  readonly #room: WaitingRoom
  readonly #records: RecordWriter
  readonly #provisional: ProvisionalRecords
  readonly #placement: GuardedPlacement
  readonly #learns: boolean
  /** By invoker. */
  readonly #topics: string[] = []
  #subscription: Subscription | undefined
  #onIdle: (() => void) | undefined
  #closing = false

  constructor(parts: ActivatorParts) {
    this.#parts = parts
    this.deadlines = Deadlines.of(parts.clock)
    this.#room = new WaitingRoom(parts.maxWaiting)
    this.#placement = new GuardedPlacement(parts.loadBalancer, parts.logger)
    this.#learns = parts.loadBalancer.usesHistory === true
    this.#supervisor = new Supervisor(parts, () => this.#offerRoom())
    this.cluster = this.#supervisor.cluster
    const { activationStore, clock, logger, controllerId } = parts
    this.#records = new RecordWriter({ activationStore, clock, logger })
    this.#provisional = new ProvisionalRecords({ activationStore, logger, owner: controllerOwner(controllerId) })
  }

  async open(): Promise<void> {
    const { queue, controllerId, limits } = this.#parts
    this.#closing = false
    this.#records.open()
    const topic = completedTopic(controllerId)
    const maxBodyBytes = limits.maxPayloadBytes + limits.messageOverheadBytes
    await queue.ensureTopic(topic, { retentionMs: 3_600_000, maxBodyBytes })
    const acknowledgements = { group: topic, concurrency: ACKNOWLEDGEMENT_CONCURRENCY, repeatable: true }
    this.#subscription = await queue.subscribe(topic, acknowledgements, (delivery) => this.#acknowledged(delivery))
    await this.#supervisor.open()
  }

  /** Accepts no more, ends with a record what was not placed yet, and lets the rest finish for `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#closing = true
    this.#room.evict()
    const unplaced = this.#inFlight.values().filter((entry) => entry.inRoom)
    for (const entry of unplaced) entry.inRoom = false
    const ended = Promise.all(unplaced.map((entry) => this.#end(entry, NOT_STARTED)))
    if (unplaced.length > 0) {
      await within(this.#parts.clock, ended, Math.max(deadlineMs, UNPLACED_GRACE_MS))
    }
    if (this.#inFlight.size === 0 || deadlineMs <= 0) return
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve))
    await within(this.#parts.clock, idle, deadlineMs)
  }

  /** What is still in flight is ended with a record. */
  async close(): Promise<void> {
    await this.drain(0)
    await this.#supervisor.close()
    const ended = this.#inFlight.values().map((entry) => this.#end(entry, NO_ACKNOWLEDGEMENT))
    await this.#records.close()
    await Promise.all(ended)
    await this.#subscription?.close()
    this.#subscription = undefined
    this.deadlines.rest()
  }

  /** Resolves to true once an invoker is healthy, to false when none was within `limitMs`. */
  async hasInvoker(limitMs: number): Promise<boolean> {
    const healthy = this.#supervisor.whenHealthy().then(() => true)
    return (await within(this.#parts.clock, healthy, limitMs)) ?? false
  }

  inFlight(namespaceId: string): number {
    return this.#perNamespace.get(namespaceId) ?? 0
  }

  /** Activations that no slot was found for yet. */
  get waiting(): number {
    return this.#room.size
  }

  get total(): number {
    return this.#inFlight.size
  }

  /** Id and fully qualified name with version of everything in flight. */
  list(): [activationId: string, action: string][] {
    return this.#inFlight
      .values()
      .map(({ activationId, placement }) => [activationId, `${placement.action}@${placement.version}`])
  }

  activate(request: ActivationRequest): Promise<ActivationOutcome> {
    const { random, manifest } = this.#parts
    const { name, uuid } = request.user.namespace
    const placement = placementRequest(name, request.target, manifest)
    const entry = new InFlight(this, request.activationId ?? randomId(random), request, placement)
    this.#inFlight.set(entry.activationId, entry)
    this.#perNamespace.set(uuid, this.inFlight(uuid) + 1)
    if (this.#closing) return this.#refuse(entry, 'the controller is closing')
    // Whoever already waits goes first.
    if (this.#room.size === 0 && entry.tryPlace()) return entry.outcome()
    if (entry.rejection !== undefined) return this.#refuse(entry, entry.rejection)
    if (entry.fault !== undefined) {
      const outcome = entry.outcome()
      void this.#end(entry, entry.fault)
      return outcome
    }
    entry.inRoom = this.#room.enter(entry)
    if (!entry.inRoom) return this.#refuse(entry, 'the waiting room is full')
    this.#parts.observer?.waiting?.(factsOf(entry))
    this.#room.drain()
    return entry.outcome()
  }

  /** Asks the balancer and, when it names an invoker, takes the slot and sends the message. */
  place(entry: InFlight): boolean {
    const placement = this.#placement.choose(entry.placement, this.cluster)
    if (placement === 'wait') return false
    if ('fault' in placement) {
      entry.fault = placement.fault
      return false
    }
    if ('reject' in placement) {
      if (this.#supervisor.isNew) return false
      entry.rejection = placement.reject
      return false
    }
    const { observer, clock } = this.#parts
    const nowMs = entry.inRoom ? clock.monotonic() : entry.cameMs
    entry.invoker = placement.invoker
    entry.inRoom = false
    if (observer?.placed) {
      const { trace } = entry.request.transaction
      const { namespace, action, kind } = entry.placement
      const event = { namespace, action, kind, invoker: placement.invoker, waitMs: nowMs - entry.cameMs }
      observer.placed(trace ? { ...event, trace } : event)
    }
    this.cluster.take(placement.invoker, entry.placement)
    this.#send(entry, placement.invoker, nowMs)
    return true
  }

  #send(entry: InFlight, invoker: number, nowMs: number): void {
    const { queue, limits } = this.#parts
    const { request } = entry
    const { timeout } = request.target.action.limits
    const timeoutMs =
      Math.max(timeout, limits.timeoutMs.std) * limits.completionTimeoutFactor + limits.completionTimeoutAddonMs
    entry.expectEnd(nowMs + timeoutMs)
    // Whoever gave the id asks for it again after a crash: nothing starts before there is a record to be found then.
    if (request.activationId === undefined || request.blocking || queue.capabilities.durable || entry.provisional) {
      this.#publish(entry, invoker)
      return
    }
    const notSecured = (cause: unknown): void => {
      const message = 'the activation store does not answer'
      this.#notSent(entry, new PlatformError('ERR_UNAVAILABLE', message, { cause }))
    }
    let secured: MaybePromise<void>
    try {
      secured = this.secure(entry)
    } catch (error) {
      queueMicrotask(() => notSecured(error))
      return
    }
    if (isPromise(secured)) secured.then(() => this.#publish(entry, invoker), notSecured)
    else this.#publish(entry, invoker)
  }

  #publish(entry: InFlight, invoker: number): void {
    const { queue } = this.#parts
    // It was ended while its record was being written.
    if (this.#inFlight.get(entry.activationId) !== entry) return
    let published: MaybePromise<void>
    try {
      const topic = (this.#topics[invoker] ??= invokerTopic(invoker))
      published = queue.publish(topic, activationBody(this.#message(entry)))
    } catch (error) {
      // A queue that throws at once; the caller has yet to begin to wait.
      return queueMicrotask(() => this.#notSent(entry, error))
    }
    if (!isPromise(published)) return this.#published(entry)
    published.then(
      () => this.#published(entry),
      (error: unknown) => this.#notSent(entry, error),
    )
  }

  #published(entry: InFlight): void {
    entry.accepted()
    if (this.#parts.queue.capabilities.durable) this.#discardProvisional(entry)
  }

  secure(entry: InFlight): MaybePromise<void> {
    const { queue, clock } = this.#parts
    if (entry.provisional) return entry.provisional.done
    if (entry.published && queue.capabilities.durable) return
    const record = refusedActivation(entry.request, entry.activationId, clock.now(), CONTROLLER_STOPPED)
    const done = this.#provisional.putProvisional(record, entry.request)
    entry.provisional = { done }
    return done
  }

  #discardProvisional({ provisional, namespace, activationId }: InFlight): void {
    if (provisional) this.#provisional.discardProvisional(provisional.done, namespace, activationId)
  }

  // Filled field by field: spreading what is optional is slow, and every activation comes this way.
  #message({ request, activationId }: InFlight): ActivationMessage {
    const { transaction, target, user, binding, cause, blocking } = request
    const { action, revision } = target
    const { tracer, controllerId } = this.#parts
    const { trace } = transaction
    const { path, name, version } = action
    const { content, initArgs, lockedArgs } = mergeArguments(action.parameters, request.payload)
    const message: Mutable<ActivationMessage> = {
      transaction,
      action: binding === undefined ? { path, name, version } : { path, name, version, binding },
      revision,
      user,
      activationId,
      controllerId,
      blocking,
      initArgs,
      lockedArgs,
    }
    if (content) message.content = content
    if (cause !== undefined) message.cause = cause
    if (tracer && trace) message.traceContext = tracer.carrier(trace, activationId)
    return message
  }

  /**
   * The queue refused the message, or nobody knows whether it took it. A caller who has not been told an id yet gets
   * the error; an id that was handed out already is ended with a record.
   */
  #notSent(entry: InFlight, error: unknown): void {
    const { logger } = this.#parts
    // An outage is told to the caller who still waits, and logged there.
    if (entry.handedOut || !isPlatformError(error, 'ERR_UNAVAILABLE')) {
      logger.error({ err: error, activationId: entry.activationId }, 'activation not published')
    }
    if (entry.handedOut) {
      void this.#end(entry, NOT_PUBLISHED)
      return
    }
    if (this.#forget(entry)) this.#discardProvisional(entry)
    entry.fail(
      isPlatformError(error)
        ? error
        : new PlatformError('ERR_UNAVAILABLE', 'the queue did not accept the activation', { cause: error }),
    )
  }

  #acknowledged(delivery: Delivery): void {
    let acknowledgement: Acknowledgement
    try {
      acknowledgement = readAcknowledgement(delivery.body)
    } catch (err) {
      this.#parts.logger.error({ err }, 'unreadable acknowledgement dropped')
      return
    }
    const entry = this.#inFlight.get(acknowledgement.activationId)
    if (!entry && this.#supervisor.probed(acknowledgement)) return
    this.#parts.observer?.acknowledged?.({ kind: kindOf(acknowledgement), isLate: !entry })
    // Late, after the activation was ended here: the books are closed already.
    if (!entry) return
    const { response, completion } = acknowledgement
    if (this.#learns && typeof response === 'object') this.cluster.learn(entry.invoker, entry.placement, response)
    if (completion) {
      if (this.#forget(entry)) this.#discardProvisional(entry)
      this.#supervisor.outcome(completion.instance.id, outcomeOf(completion))
    }
    if (response === 'stored') void this.#pollStored(entry)
    else if (response !== undefined) entry.complete(response)
    else if (completion) void this.#pollStored(entry)
    if (completion) this.#room.drain()
  }

  /** The record is in the store, or about to be: a blocking caller who still waits gets it from there. */
  async #pollStored(entry: InFlight): Promise<void> {
    const { activationStore, clock, logger } = this.#parts
    const namespace = entry.request.user.namespace.name
    while (entry.waits) {
      try {
        const activation = await activationStore.get(namespace, entry.activationId)
        if (activation) {
          entry.complete({ ...activation, logs: [] })
          return
        }
      } catch (err) {
        logger.warn({ err, activationId: entry.activationId }, 'cannot read the record of a blocking activation')
      }
      await clock.sleep(POLL_MS)
    }
  }

  #offerRoom(): void {
    this.#room.drain()
    this.#parts.observer?.gauges?.({
      inFlight: this.total,
      waiting: this.waiting,
      invokers: this.cluster.countStates(),
    })
  }

  /** Ends an activation here: frees its slot, stores its record unless one is there, answers who waits. */
  async #end(entry: InFlight, error: string): Promise<void> {
    const { clock, logger } = this.#parts
    if (!this.#forget(entry)) return
    const activation = refusedActivation(entry.request, entry.activationId, clock.now(), error)
    logger.error({ activationId: entry.activationId, invoker: entry.invoker }, 'activation ended by the controller')
    this.#room.drain()
    const outcome = await this.#records.keep(activation, entry.request)
    if (outcome === 'exists') {
      void this.#pollStored(entry)
      return
    }
    if (outcome === 'not-wanted') this.#discardProvisional(entry)
    this.#tell(entry, activation)
    // No record, and none to come: the caller is told of no activation.
    if (outcome === 'lost' && entry.waits && !(entry.published && this.#parts.queue.capabilities.durable))
      entry.fail(new PlatformError('ERR_UNAVAILABLE', 'the activation store does not answer'))
    else entry.complete(activation)
  }

  #tell({ request }: InFlight, activation: Activation): void {
    const { emit } = this.#parts
    const event = emit && activationEvent(activation)
    if (event) emit(request.user, event)
  }

  blockingEnded(entry: InFlight, outcome: 'result' | 'later' | 'error', endMs?: number): void {
    const { observer } = this.#parts
    if (!observer?.blockingEnded) return
    const { trace } = entry.request.transaction
    const { namespace, action, kind } = entry.placement
    const event = { namespace, action, kind, outcome, ms: entry.ageMs }
    observer.blockingEnded(trace ? { ...event, trace, ...(endMs !== undefined && { endMs }) } : event)
  }

  overdue(entry: InFlight): void {
    this.#supervisor.outcome(entry.invoker, 'timeout')
    void this.#end(entry, NO_ACKNOWLEDGEMENT)
  }

  endFaulty(entry: InFlight, error: string): void {
    void this.#end(entry, error)
  }

  endUnplaced(entry: InFlight, reason: string): void {
    // A caller that has no answer yet is told that it was not accepted.
    if (entry.waits) entry.fail(this.#refusal(entry, reason))
    else void this.#end(entry, reason)
  }

  /** Closes the books of an activation; false when they were closed before. */
  #forget(entry: InFlight): boolean {
    if (!this.#inFlight.delete(entry.activationId)) return false
    const { uuid } = entry.request.user.namespace
    const left = this.inFlight(uuid) - 1
    if (left > 0) this.#perNamespace.set(uuid, left)
    else this.#perNamespace.delete(uuid)
    this.deadlines.remove(entry)
    if (entry.invoker >= 0) this.cluster.release(entry.invoker, entry.placement)
    if (entry.inRoom) this.#room.leave(entry)
    entry.request.onSettled?.()
    if (this.#inFlight.size === 0) this.#onIdle?.()
    return true
  }

  /** Not accepted: the caller gets an error and there will be no record. */
  #refuse(entry: InFlight, reason: string): Promise<never> {
    return Promise.reject(this.#refusal(entry, reason))
  }

  #refusal(entry: InFlight, reason: string): ActivationRefused {
    const { transaction } = entry.request
    const { namespace } = entry
    this.#parts.logger.warn({ namespace, transactionId: transaction.id, reason }, 'activation refused')
    this.#parts.observer?.refused?.({
      ...factsOf(entry),
      reason,
      ...(transaction.trace && { trace: transaction.trace }),
    })
    this.#forget(entry)
    return new ActivationRefused(reason)
  }

  get clock(): Clock {
    return this.#parts.clock
  }
}

function factsOf({ placement: { namespace, action, kind } }: InFlight): ActivationFacts {
  return { namespace, action, kind }
}

function kindOf({ response, completion }: Acknowledgement): 'result' | 'completion' | 'both' {
  if (!completion) return 'result'
  return response === undefined ? 'completion' : 'both'
}

function outcomeOf({ systemError }: NonNullable<Acknowledgement['completion']>): InvokerOutcome {
  return systemError ? 'system-error' : 'success'
}
