import { PlatformError } from '../../errors.ts'
import { TransientMap } from '../../collections/transient-map.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import { activationEvent, type EmitEvent } from '../../messages/event-message.ts'
import type { Activation, ActivationResponse } from '../../model/activation.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { Mutable } from '../../mutable.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { StoreLevels } from '../../model/store-level.ts'
import { childTransaction } from '../../model/transaction.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadlines } from '../../time/deadlines.ts'
import { randomId, type Random } from '../../time/random.ts'
import { within } from '../../time/within.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { ActivationRefused } from '../refusals/activation-refused.ts'
import { ActivationGoesOn } from './activation-goes-on.ts'
import type { ActivationOutcome, ActivationRequest, Activator } from './activator.ts'
import { Composite, compositeKind, type CompositeKind } from './composite.ts'
import { compositeRecord } from './composite-record.ts'
import { runComposition } from './conductors/run-composition.ts'
import { errorResponse } from '../../model/error-response.ts'
import type { Component } from './find-component.ts'
import { ProvisionalRecords } from './provisional-records.ts'
import { Patience } from './in-flight.ts'
import { RecordWriter, type RecordOutcome } from './record-writer.ts'
import type { RunComposite, StepRunner } from './run-composite.ts'
import { runSequence } from './sequences/run-sequence.ts'
import type { SystemRunner } from './system/system-runner.ts'
import { COMPOSITION_FAILED, CONTROLLER_STOPPED, CUT_OFF, SEQUENCE_FAILED, SYSTEM_ACTION_FAILED } from './texts.ts'
import { whenDone } from '../../when-done.ts'

export interface ComposingParts {
  /** Runs what is neither a sequence nor a composition. */
  readonly inner: Activator
  readonly cache: EntityCache
  /** Name of this process to the store, see `ActivationStore.putProvisional`. */
  readonly owner: string
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: PlatformLimits
  /** Which composites leave a record. Default: all. */
  readonly storeLevels?: StoreLevels
  readonly emit?: EmitEvent
  /** Runs actions of system packages. Default: there are none. */
  readonly systemRunner?: SystemRunner
}

/** A step's result is waited for this much longer than the step may run, ms. */
const STEP_GRACE_MS = 60_000

const FAILURE: Readonly<Record<CompositeKind, string>> = {
  sequence: SEQUENCE_FAILED,
  composition: COMPOSITION_FAILED,
  system: SYSTEM_ACTION_FAILED,
}

/**
 * Runs sequences and compositions step by step through another activator, and hands it all other actions. Each ends
 * with a record, the steps' ids in its logs, also when the platform closes under it. A result is told when its record
 * is stored; before an id is handed out without one, the store has a record that says that it was cut short.
 */
export class ComposingActivator implements Activator {
  readonly #parts: ComposingParts
  readonly #records: RecordWriter
  readonly #deadlines: Deadlines
  readonly #provisional: ProvisionalRecords
  readonly #steps: StepRunner
  readonly #run: Readonly<Record<CompositeKind, RunComposite>>
  /** Composites under way, nested ones included. */
  readonly #running = new TransientMap<string, Composite>()
  readonly #perNamespace = new Map<string, number>()
  readonly #ending = new TransientMap<string, Promise<void>>()
  #onIdle: (() => void) | undefined
  /** Nothing new is accepted. */
  #closing = false
  /** What runs does not start another step. */
  #stopping = false

  constructor(parts: ComposingParts) {
    this.#parts = parts
    this.#records = new RecordWriter(parts)
    this.#deadlines = Deadlines.of(parts.clock)
    this.#provisional = new ProvisionalRecords(parts)
    this.#steps = {
      cache: parts.cache,
      maxLength: parts.limits.sequenceLength,
      runComponent: (within, component, payload) => this.#runComponent(within, component, payload),
      runConductor: (within, payload) => this.#runAtomic(within, componentOf(within.request), payload),
    }
    this.#run = {
      sequence: runSequence,
      composition: runComposition,
      system: async (composite) => parts.systemRunner?.run(composite) ?? errorResponse(3, SYSTEM_ACTION_FAILED),
    }
  }

  open(): void {
    this.#closing = false
    this.#stopping = false
    this.#records.open()
  }

  activate(request: ActivationRequest): Promise<ActivationOutcome> {
    if (this.#closing) {
      request.onSettled?.()
      return Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'the controller is closing'))
    }
    const kind = compositeKind(request.target.action)
    if (kind === undefined) return this.#parts.inner.activate(request)
    const composite = this.#start(kind, request, undefined)
    request.onAccepted?.(composite.activationId)
    return request.blocking ? this.#wait(composite) : this.#handOut(composite)
  }

  /** Refuses what comes from now on; what runs goes on to its end. */
  stopAccepting(): void {
    this.#closing = true
  }

  inFlight(namespaceId: string): number {
    return this.#parts.inner.inFlight(namespaceId) + (this.#perNamespace.get(namespaceId) ?? 0)
  }

  /**
   * Accepts no more, of any kind, and lets what runs go on for `deadlineMs`; after that it starts no further step.
   * To be called before the inner activator is drained.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#closing = true
    if (this.#running.size > 0 && deadlineMs > 0) {
      const idle = new Promise<void>((resolve) => (this.#onIdle = resolve))
      await within(this.#parts.clock, idle, deadlineMs)
    }
    this.#stopping = true
  }

  /**
   * What still runs is ended with a record; resolves when all records are stored. To be called after the inner
   * activator was closed, so that no step is under way any more.
   */
  async close(): Promise<void> {
    await this.drain(0)
    for (const composite of this.#running.values()) this.#finish(composite, errorResponse(3, CUT_OFF))
    this.#parts.systemRunner?.abort()
    await this.#records.close()
    await Promise.all(this.#ending.values())
    this.#deadlines.rest()
  }

  #start(kind: CompositeKind, request: ActivationRequest, parent: Composite | undefined): Composite {
    const { random, clock, logger } = this.#parts
    const composite = new Composite(request.activationId ?? randomId(random), kind, request, clock.now(), parent)
    this.#running.set(composite.activationId, composite)
    if (!parent) this.#count(request, 1)
    // Its id belongs in the provisional record of its parent.
    if (parent && tracksSteps(parent)) this.#refreshProvisional(composite)
    this.#run[kind](composite, this.#steps).then(
      (response) => this.#finish(composite, response),
      (err: unknown) => {
        const { activationId } = composite
        const isKnown = err instanceof CutOff || err instanceof ActivationRefused
        if (!isKnown) logger.error({ err, activationId }, 'sequence or composition failed')
        this.#finish(composite, errorResponse(3, err instanceof CutOff ? CUT_OFF : FAILURE[kind]))
      },
    )
    return composite
  }

  #finish(composite: Composite, response: ActivationResponse): void {
    if (composite.isEnding) return
    composite.isEnding = true
    const { clock, limits } = this.#parts
    const record = compositeRecord(composite, response, clock.now(), limits)
    this.#tell(record, composite.request)
    const ended = this.#end(composite, record)
    if (!isPromise(ended)) return
    const { activationId } = composite
    this.#ending.set(
      activationId,
      ended.finally(() => this.#ending.delete(activationId)),
    )
  }

  /** Whoever hears of the end finds the record. */
  #end(composite: Composite, record: Activation): MaybePromise<void> {
    const { provisional } = composite
    // A provisional record that arrives after the final one would stay for ever. Its failure was reported already.
    const before = provisional?.done
    if (isPromise(before)) return before.catch(() => undefined).then(() => this.#keep(composite, record))
    return this.#keep(composite, record)
  }

  #keep(composite: Composite, record: Activation): MaybePromise<void> {
    return whenDone(this.#records.keep(record, composite.request), (outcome) =>
      this.#recorded(composite, record, outcome),
    )
  }

  #recorded(composite: Composite, record: Activation, outcome: RecordOutcome): void {
    const { request, parent, activationId, provisional } = composite
    if (provisional && outcome === 'not-wanted')
      this.#provisional.discardProvisional(undefined, record.namespace, activationId)
    if (outcome === 'lost') composite.isLost = true
    this.#running.delete(activationId)
    if (!parent) {
      this.#count(request, -1)
      request.onSettled?.()
    }
    composite.end(record)
    if (this.#running.size === 0) this.#onIdle?.()
  }

  /** The id, once the composite and those that run inside it are sure to leave a record. */
  async #handOut(composite: Composite): Promise<ActivationOutcome> {
    const parts = this.#running.values().filter((running) => running.outermost === composite)
    try {
      for (const part of parts) this.#putProvisional(part)
      await Promise.all(parts.map(async (part) => (part.isEnding ? recorded(part) : part.provisional?.done)))
    } catch (cause) {
      throw new ActivationGoesOn(cause)
    }
    return { activationId: composite.activationId }
  }

  #putProvisional(composite: Composite): void {
    if (composite.isEnding) return
    const { clock, limits } = this.#parts
    const record = compositeRecord(composite, errorResponse(3, CONTROLLER_STOPPED), clock.now(), limits)
    composite.provisional = { done: this.#provisional.putProvisional(record, composite.request) }
  }

  /** Shows the steps up to here. One that fails leaves the record of before. */
  #refreshProvisional(composite: Composite): void {
    const { logger } = this.#parts
    const failed = (err: unknown): void => {
      logger.warn(
        { err, activationId: composite.activationId },
        'provisional record of a sequence or composition not written',
      )
    }
    try {
      this.#putProvisional(composite)
      const done = composite.provisional?.done
      if (isPromise(done)) done.catch(failed)
    } catch (err) {
      failed(err)
    }
  }

  #tell(record: Activation, { user }: ActivationRequest): void {
    const { emit } = this.#parts
    const event = emit && activationEvent(record)
    if (event) emit(user, event)
  }

  #wait(composite: Composite): Promise<ActivationOutcome> {
    const { activationId, request, ended } = composite
    return new Promise((resolve, reject) => {
      const patience = new Patience(this.#parts.clock.monotonic() + request.waitMs, () => {
        this.#handOut(composite).then(resolve, reject)
      })
      this.#deadlines.add(patience)
      void ended.then((activation) => {
        this.#deadlines.remove(patience)
        if (composite.isLost) reject(notStored())
        else resolve({ activationId, activation })
      })
    })
  }

  #stepNoted(within: Composite): void {
    if (tracksSteps(within)) this.#refreshProvisional(within)
  }

  #runComponent(within: Composite, component: Component, payload: JsonText | undefined): Promise<ActivationOutcome> {
    const kind = compositeKind(component.target.action)
    return kind === undefined
      ? this.#runAtomic(within, component, payload)
      : this.#runNested(kind, within, component, payload)
  }

  async #runNested(
    kind: CompositeKind,
    within: Composite,
    component: Component,
    payload: JsonText | undefined,
  ): Promise<ActivationOutcome> {
    const nested = this.#start(kind, this.#stepRequest(within, component, payload), within)
    const { activationId } = nested
    within.stepIds.push(activationId)
    this.#stepNoted(within)
    const activation = await nested.ended
    within.add(activation)
    return { activationId, activation }
  }

  #runAtomic(within: Composite, component: Component, payload: JsonText | undefined): Promise<ActivationOutcome> {
    return this.#parts.inner.activate(this.#stepRequest(within, component, payload)).then((outcome) => {
      within.stepIds.push(outcome.activationId)
      if (outcome.activation) within.add(outcome.activation)
      this.#stepNoted(within)
      return outcome
    })
  }

  /** @throws CutOff there are no more steps */
  #stepRequest(within: Composite, component: Component, payload: JsonText | undefined): ActivationRequest {
    if (this.#stopping) throw new CutOff()
    const { clock, random } = this.#parts
    const { user, transaction } = within.request
    const { target, binding } = component
    const request: Mutable<ActivationRequest> = {
      transaction: childTransaction(transaction, clock, random),
      user,
      target,
      blocking: true,
      waitMs: target.action.limits.timeout + STEP_GRACE_MS,
      cause: within.activationId,
    }
    if (binding !== undefined) request.binding = binding
    if (payload) request.payload = payload
    return request
  }

  #count({ user }: ActivationRequest, by: 1 | -1): void {
    const { uuid } = user.namespace
    const count = (this.#perNamespace.get(uuid) ?? 0) + by
    if (count > 0) this.#perNamespace.set(uuid, count)
    else this.#perNamespace.delete(uuid)
  }
}

/** It has a provisional record, in a store that writes at once: then the record can be rewritten after each step. */
function tracksSteps({ provisional }: Composite): boolean {
  return provisional !== undefined && !isPromise(provisional.done)
}

/** Ends a composite between two steps. */
class CutOff extends Error {}

function componentOf({ target, binding }: ActivationRequest): Component {
  return { target, ...(binding === undefined ? {} : { binding }) }
}

/** Once the store has its record. @throws ERR_UNAVAILABLE the platform closed, and the store did not take it. */
async function recorded(composite: Composite): Promise<void> {
  await composite.ended
  if (composite.isLost) throw notStored()
}

function notStored(): PlatformError {
  return new PlatformError('ERR_UNAVAILABLE', 'the activation store does not answer')
}
