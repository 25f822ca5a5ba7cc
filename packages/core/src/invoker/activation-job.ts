import type { ActivationLog } from '../container/activation-log.ts'
import type { Container, ContainerSpec } from '../container/container-factory.ts'
import { isPlatformError, PlatformError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { ActivationMessage } from '../messages/activation-message.ts'
import type { ActivationResponse } from '../model/activation.ts'
import { MB } from '../model/byte-size.ts'
import type { TracedActivation } from '../model/tracer.ts'
import type { Mutable } from '../mutable.ts'
import type { Clock } from '../time/clock.ts'
import { actionOfCaller } from './parts/action-of-caller.ts'
import type { LoadedAction } from './parts/loaded-action.ts'
import { atEndOfTurn } from './logs/end-of-turn.ts'
import { readLogLines } from './logs/log-lines.ts'
import type { ContainerOwnerView } from './parts/container-view.ts'
import type { InvokerObserver, StageTimes } from './parts/observer.ts'
import type { Acquisition, Job, JobFailure, Verdict } from './parts/job.ts'
import type { Resources } from './parts/resources.ts'
import { tracedActivation } from './parts/traced.ts'
import { stemKey } from './pool/stem-cells.ts'
import { payloadOf, type Payload, type UnlockParameter } from './proxy/payload.ts'
import type { ReplyLimits } from './proxy/reply-limits.ts'
import { initBody } from './proxy/request-bodies.ts'
import { PreparationJob } from './preparation-job.ts'
import { runInContainer, type RunEnd, type RunListener } from './proxy/run-in-container.ts'
import { recordOfRun } from './record/activation-record.ts'
import type { ActivationRecorder } from './record/activation-recorder.ts'
import { errorResponse } from '../model/error-response.ts'
import {
  INVOKER_STOPPED,
  INVOKER_STOPPED_BEFORE,
  NO_RESOURCES_TEXT,
  noResourcesText,
  NOT_UNLOCKED,
  RUN_LOST,
} from './parts/texts.ts'

/** Containers that an activation is offered to, as long as each certainly did not start it. */
const MAX_OFFERS = 4

/** What all activations of an invoker share. */
export interface JobContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly observer: InvokerObserver
  readonly recorder: ActivationRecorder
  readonly unlock: UnlockParameter | undefined
  readonly replyLimits: (message: ActivationMessage) => ReplyLimits
  /** Logs are read from the containers. */
  readonly collectsLogs: boolean
  /** Containers that were made for no action yet let runs overlap. */
  readonly overlaps: boolean
  /** Logs of activations that run at once in one container stay apart. */
  readonly attributedLogs: boolean
  readonly spec: (message: ActivationMessage, action: LoadedAction, maxConcurrent: number) => ContainerSpec
  /** The invoker is stopping: containers go while activations run in them. */
  readonly closing: () => boolean
  /** What was not started when the invoker stops goes back to the queue, which outlives it. */
  readonly givesBack: boolean
}

/** One activation from the pool to its record. */
export class ActivationJob implements Job, RunListener {
  readonly key: string
  readonly owner: ContainerOwnerView
  readonly namespace: string
  readonly need: Resources
  readonly maxConcurrent: number
  readonly maxContainers: number
  readonly stemKey: string | undefined
  readonly #context: JobContext
  readonly #message: ActivationMessage
  readonly #action: LoadedAction
  readonly #settled: (outcome: MaybePromise<void>) => void
  readonly #readsLog: boolean
  readonly #attributedLogs: boolean
  readonly #receivedMs: number
  readonly #queueMs: number
  #acquisition: Acquisition | undefined
  #offers = 0
  #state: 'waiting' | 'started' | 'ended' = 'waiting'
  #lost = false
  /** The container that runs it, or did last, and since when: epoch and monotonic ms. */
  #container: Container | undefined
  #start = 0
  #beganMs = 0
  #log: ActivationLog | undefined
  #ended: (verdict: Verdict) => void = ignore

  /**
   * `settled` is called once, when the controller was told and the record is stored or with a promise of that, which
   * rejects when the record is not; with ERR_RELEASED when it was certainly not started, and is left to others.
   */
  constructor(
    context: JobContext,
    message: ActivationMessage,
    action: LoadedAction,
    received: { readonly atMs: number; readonly monotonicMs: number },
    settled: (outcome: MaybePromise<void>) => void,
  ) {
    const { user, transaction } = message
    const { limits } = action.action
    const { key, owner } = actionOfCaller(message, action)
    this.#context = context
    this.#message = message
    this.#action = action
    this.#settled = settled
    this.#receivedMs = received.monotonicMs
    this.#queueMs = Math.max(0, received.atMs - transaction.start)
    this.#readsLog = context.collectsLogs && limits.logs > 0
    this.namespace = user.namespace.name
    this.key = key
    this.owner = owner
    this.need = { memoryMb: limits.memory, milliCpu: Math.round((limits.cpu ?? 0) * 1000) }
    // Where logs cannot be told apart, one activation at a time is what keeps them.
    this.#attributedLogs = context.attributedLogs && !action.userImage
    this.maxConcurrent = this.#attributedLogs || !this.#readsLog ? Math.max(1, limits.concurrency) : 1
    this.maxContainers = limits.instances ?? Infinity
    this.stemKey =
      action.kind === 'blackbox' || limits.cpu !== undefined ? undefined : stemKey(action.kind, limits.memory)
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** It was not started, and may be. */
  get waits(): boolean {
    return this.#state === 'waiting'
  }

  /** The message may be somebody else's by now: what was not started is not started here any more. */
  lose(): void {
    this.#lost = true
    if (this.waits) this.#giveBack('its message may be given to another')
  }

  spec(): ContainerSpec {
    return this.#context.spec(this.#message, this.#action, this.maxConcurrent)
  }

  preparation(): Job | undefined {
    const payload = this.#payload()
    if (!payload) return undefined
    const { key, namespace, need, maxConcurrent, maxContainers, owner } = this
    const { clock, logger, spec, replyLimits: limits } = this.#context
    // What the activation brought may be large, and is not for others.
    const { content: _content, traceContext: _trace, ...message } = this.#message
    const kept: Payload = { argumentsText: '{}', initParameters: payload.initParameters }
    const action = this.#action
    const oneByOne = this.#oneByOne
    return new PreparationJob({
      key,
      namespace,
      need,
      maxConcurrent,
      maxContainers,
      owner,
      clock,
      logger,
      timeoutMs: action.action.limits.timeout,
      replyLimits: limits(message),
      spec: () => spec(message, action, maxConcurrent),
      initBody: (deadline) => initBody(message, action, kept, deadline, oneByOne),
    })
  }

  acquired(acquisition: Acquisition): void {
    this.#acquisition = acquisition
    this.#offers++
    const { observer } = this.#context
    if (!observer.acquired) return
    const { namespace, action, kind } = this.owner
    observer.acquired({ namespace, action, kind, acquisition })
  }

  execute(container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void {
    if (this.ended) return queueMicrotask(() => ended(onInitialised ? 'damaged' : 'kept'))
    this.#state = 'started'
    const { clock } = this.#context
    const start = clock.now()
    const beganMs = clock.monotonic()
    const payload = this.#payload()
    if (!payload) {
      this.#finish(errorResponse(3, NOT_UNLOCKED), start, beganMs)
      return queueMicrotask(() => ended(onInitialised ? 'damaged' : 'kept'))
    }
    const message = this.#message
    const action = this.#action
    this.#container = container
    this.#start = start
    this.#beganMs = beganMs
    this.#ended = ended
    this.#log = undefined
    try {
      this.#log = this.#openLog(container)
      const replyLimits = this.#context.replyLimits(message)
      const behind = this.#acquisition?.reason === 'behind'
      const oneByOne = this.#oneByOne
      const request = { message, action, payload, oneByOne, behind, replyLimits, start, beganMs, onInitialised }
      runInContainer(container, clock, request, this)
    } catch (err) {
      // A container that throws at once.
      queueMicrotask(() => this.broke(err))
    }
  }

  /** As a {@link RunListener}. */
  broke(error: unknown): void {
    this.ran(this.#broken(error))
  }

  /** As a {@link RunListener}. */
  ran(end: RunEnd): void {
    const log = this.#log
    this.#start += Math.round(end.waitedMs)
    this.#beganMs += end.waitedMs
    const recalled = end.call === 'recalled'
    if (recalled) this.#offers--
    if (end.refused && this.#offers < MAX_OFFERS) {
      void log?.collect({ waitMs: 0 })
      this.#state = 'waiting'
      if (this.#lost) this.lose()
      return this.#ended(recalled ? 'recalled' : 'refused')
    }
    const stopped = this.#context.closing() && end.call !== 'reply' && end.call !== 'timeout'
    const response = stopped ? errorResponse(3, INVOKER_STOPPED) : end.response
    const verdict = verdictOf(response, end)
    if (!log) {
      this.#finish(response, this.#start, this.#beganMs, end)
      return this.#ended(verdict)
    }
    // It marks no end of its log. What its child processes wrote must be read before the next one's could be.
    if (end.silent) atEndOfTurn(() => this.#readAndFinish(log, response, verdict, end))
    else this.#readAndFinish(log, response, verdict, end)
  }

  #readAndFinish(log: ActivationLog, response: ActivationResponse, verdict: Verdict, end: RunEnd): void {
    const lines = this.#readLog(log, response.statusCode === 2, end.silent)
    this.#finish(response, this.#start, this.#beganMs, end, lines)
    // A container whose requests were cut off goes at once. Another one keeps until its log was read, as the next
    // activation would write into it; where logs are attributed it need not wait, unless nothing marks the end of this one.
    const waits = end.silent || (end.call === 'reply' && !this.#attributedLogs)
    if (waits && isPromise(lines))
      lines.then(
        () => this.#ended(verdict),
        () => this.#ended(verdict),
      )
    else this.#ended(verdict)
  }

  fail(failure: JobFailure): void {
    if (this.ended) return
    const { clock, logger, givesBack, closing } = this.#context
    if (givesBack && closing()) return this.#giveBack('the invoker stops')
    if (failure.kind === 'start-failed') {
      logger.warn({ ...this.owner, activationId: this.#message.activationId, err: failure.error }, 'no container')
    }
    this.#finish(responseOfFailure(failure), clock.now(), clock.monotonic())
  }

  #broken(err: unknown): RunEnd {
    const { clock, logger } = this.#context
    const { activationId } = this.#message
    logger.error({ activationId, container: this.#container?.id, err }, 'run failed unexpectedly')
    return {
      response: errorResponse(3, RUN_LOST),
      call: 'unexpected',
      refused: false,
      timedOut: false,
      brief: false,
      silent: false,
      initMs: undefined,
      elapsedMs: clock.monotonic() - this.#beganMs,
      waitedMs: 0,
    }
  }

  get #oneByOne(): boolean {
    return this.maxConcurrent === 1 && this.#context.overlaps && !this.#action.userImage
  }

  #payload(): Payload | undefined {
    try {
      return payloadOf(this.#message, this.#context.unlock)
    } catch (err) {
      this.#context.logger.error({ activationId: this.#message.activationId, err }, 'parameters not decrypted')
      return undefined
    }
  }

  #openLog(container: Container): ActivationLog | undefined {
    return this.#readsLog
      ? container.openLog(this.#message.activationId, {
          limitBytes: this.#logLimitBytes,
          alone: this.maxConcurrent === 1,
        })
      : undefined
  }

  #readLog(log: ActivationLog, failed: boolean, silent: boolean): MaybePromise<readonly string[]> {
    const { marksLogEnd } = this.#action
    const expected = { limitBytes: this.#logLimitBytes, marksEnd: marksLogEnd, failed, silent }
    try {
      return readLogLines(log, expected, this.#context.clock)
    } catch (err) {
      // What became of the logs is said in the record.
      return Promise.reject(err as Error)
    }
  }

  get #logLimitBytes(): number {
    return this.#action.action.limits.logs * MB
  }

  #finish(
    response: ActivationResponse,
    start: number,
    beganMs: number,
    end?: RunEnd,
    logs?: MaybePromise<readonly string[]>,
  ): void {
    const { observer, recorder } = this.#context
    const initMs = end?.initMs
    const stages: Mutable<StageTimes> = { queue: this.#queueMs, acquire: beganMs - this.#receivedMs }
    if (initMs !== undefined) stages.init = initMs
    if (end) stages.run = end.elapsedMs - (initMs ?? 0)
    if (observer.responded) {
      const { namespace, action, kind } = this.owner
      const { statusCode } = response
      const traced = this.#traced()
      const event = { namespace, action, kind, statusCode, stages }
      observer.responded(traced ? { ...event, traced } : event)
    }
    const record = recordOfRun(this.#message, this.#action, {
      response,
      start,
      durationMs: end?.elapsedMs ?? 0,
      timedOut: end?.timedOut ?? false,
      stages,
      acquisition: this.#acquisition,
    })
    this.#state = 'ended'
    recorder.settleTogether(this.#message, record, logs, this.#settled)
  }

  #giveBack(why: string): void {
    const { activationId } = this.#message
    this.#context.logger.info({ activationId, why }, 'activation released: it was not started')
    this.#state = 'ended'
    this.#settled(Promise.reject(released(why)))
  }

  #traced(): (TracedActivation & { readonly acquisition?: Acquisition }) | undefined {
    const traced = tracedActivation(this.#message)
    const acquisition = this.#acquisition
    return traced && acquisition ? { ...traced, acquisition } : traced
  }
}

function verdictOf({ statusCode }: ActivationResponse, { call, brief }: RunEnd): Verdict {
  if (statusCode < 2) return brief ? 'brief' : 'kept'
  return call === 'timeout' ? 'stuck' : 'damaged'
}

function ignore(): void {
  // Nobody waits for it yet.
}

/** Why a handler did nothing with its message. */
export function released(why: string): PlatformError {
  return new PlatformError('ERR_RELEASED', `activation not started: ${why}`)
}

function responseOfFailure(failure: JobFailure): ActivationResponse {
  switch (failure.kind) {
    case 'start-failed':
      return isPlatformError(failure.error, 'ERR_IMAGE') || isPlatformError(failure.error, 'ERR_UNSUPPORTED')
        ? errorResponse(2, failure.error.message)
        : errorResponse(3, noResourcesText(failure.error))
    case 'never-fits':
      return errorResponse(3, NO_RESOURCES_TEXT)
    case 'closing':
      return errorResponse(3, INVOKER_STOPPED_BEFORE)
  }
}
