import type { CallOptions, Container, RuntimeReply } from '../../container/container-factory.ts'
import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { ActivationResponse } from '../../model/activation.ts'
import type { Mutable } from '../../mutable.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadlines } from '../../time/deadlines.ts'
import type { LoadedAction } from '../parts/loaded-action.ts'
import { responseOfInit } from '../record/response-of-init.ts'
import { responseOfRun, type CallFacts } from '../record/response-of-run.ts'
import { failedCall, isRefusal, type CallEnd } from '../parts/call-end.ts'
import type { Payload } from './payload.ts'
import { initBody, runBody } from './request-bodies.ts'

export interface RunRequest {
  readonly message: ActivationMessage
  readonly action: LoadedAction
  readonly payload: Payload
  /** Runs of the action never overlap, though the container was made so that they could. */
  readonly oneByOne: boolean
  /** Sent to a container that is busy with others: it may have to wait there. */
  readonly behind: boolean
  readonly replyLimits: Pick<CallOptions, 'maxReplyBytes' | 'truncateAtBytes'>
  /** Epoch ms. */
  readonly start: number
  /** The same moment on the monotonic clock. */
  readonly beganMs: number
  /** Given for a container that must be initialised first, and called when it is. */
  readonly onInitialised: (() => void) | undefined
}

/** Is told once how a run ended, never before `runInContainer` has returned. */
export interface RunListener {
  ran(end: RunEnd): void
  /** It failed in a way that nobody provided for. */
  broke(error: unknown): void
}

export interface RunEnd {
  readonly response: ActivationResponse
  /** How the last request ended. */
  readonly call: CallEnd['kind']
  /** Certainly not started: another container may be asked, and the response counts only if none is. */
  readonly refused: boolean
  readonly timedOut: boolean
  /** The run took next to no time, and others may be sent behind the next one. */
  readonly brief: boolean
  /** The runtime printed nothing and marks no end of the log. */
  readonly silent: boolean
  /** ms from the first request to the answer of `/init`. */
  readonly initMs: number | undefined
  /** ms from the first request, or from when a run that waited behind others could begin, to the last answer. */
  readonly elapsedMs: number
  /** ms that it waited behind others. */
  readonly waitedMs: number
}

/**
 * Initialises the container if need be and runs the action once. Both together have the action's time limit. Throws what a
 * container throws at once; then the listener is told nothing.
 */
export function runInContainer(container: Container, clock: Clock, request: RunRequest, listener: RunListener): void {
  const attempt = new Attempt(container, clock, request, listener)
  if (request.onInitialised) void attempt.initAndRun(request.onInitialised)
  else attempt.run(attempt.limitMs, undefined)
}

class Attempt {
  readonly limitMs: number
  readonly #container: Container
  readonly #clock: Clock
  readonly #request: RunRequest
  readonly #listener: RunListener
  #began: number
  #waitedMs = 0
  readonly #deadlines: Deadlines
  #stoodStillMs: number
  /** Epoch ms. */
  readonly #deadline: number

  constructor(container: Container, clock: Clock, request: RunRequest, listener: RunListener) {
    this.#container = container
    this.#clock = clock
    this.#request = request
    this.#listener = listener
    this.limitMs = request.action.action.limits.timeout
    this.#began = request.beganMs
    this.#deadlines = Deadlines.of(clock)
    this.#stoodStillMs = this.#deadlines.stoodStillMs(this.#began)
    this.#deadline = request.start + this.limitMs
  }

  async initAndRun(onInitialised: () => void): Promise<void> {
    let failure: RunEnd | undefined
    try {
      const { end, elapsedMs } = await this.#init()
      const facts = this.#facts(elapsedMs)
      const response = responseOfInit(end, facts)
      if (response) failure = this.#conclude(end, response, elapsedMs, elapsedMs)
      else {
        onInitialised()
        this.run(Math.max(1, Math.floor(this.limitMs - facts.elapsedMs)), elapsedMs)
      }
    } catch (error) {
      return this.#listener.broke(error)
    }
    if (failure) this.#listener.ran(failure)
  }

  async #init(): Promise<TimedEnd> {
    const { message, action, payload, replyLimits, oneByOne } = this.#request
    const body = initBody(message, action, payload, this.#deadline, oneByOne)
    const reply = this.#container.init(body, { ...replyLimits, timeoutMs: this.limitMs })
    return reply.then(
      (answer) => this.#answered(answer),
      (error: unknown) => this.#failed(error),
    )
  }

  /** The way of nearly every activation: no promise but that of the container, and nothing that waits. */
  run(timeoutMs: number, initMs: number | undefined): void {
    const { message, action, payload, replyLimits, behind } = this.#request
    const { maxReplyBytes, truncateAtBytes } = replyLimits
    const body = runBody(message, action, payload, this.#deadline)
    const options: Mutable<CallOptions> = { timeoutMs, maxReplyBytes, truncateAtBytes }
    if (behind) options.behind = () => this.#couldBegin()
    void this.#container.run(body, options).then(
      (reply) => this.#ended(this.#answered(reply), initMs),
      async (error: unknown) => this.#ended(await this.#failed(error), initMs),
    )
  }

  #couldBegin(): void {
    const now = this.#clock.monotonic()
    this.#waitedMs = now - this.#began
    this.#began = now
    this.#stoodStillMs = this.#deadlines.stoodStillMs(now)
  }

  #ended(timed: TimedEnd, initMs: number | undefined): void {
    let end: RunEnd
    try {
      end = this.#ran(timed, initMs)
    } catch (error) {
      return this.#listener.broke(error)
    }
    this.#listener.ran(end)
  }

  #answered(reply: RuntimeReply): TimedEnd {
    return { end: { kind: 'reply', reply }, elapsedMs: this.#elapsedMs }
  }

  async #failed(error: unknown): Promise<TimedEnd> {
    const elapsedMs = this.#elapsedMs
    return { end: await failedCall(error, this.#container, this.#clock), elapsedMs }
  }

  get #elapsedMs(): number {
    return this.#clock.monotonic() - this.#began
  }

  #facts(elapsedMs: number): CallFacts {
    const { maxReplyBytes } = this.#request.replyLimits
    return { elapsedMs: elapsedMs - this.#unheardMs(elapsedMs), limitMs: this.limitMs, maxReplyBytes }
  }

  /** How much of it nobody could hear of an answer, as this process stood still. */
  #unheardMs(elapsedMs: number): number {
    if (elapsedMs < this.limitMs) return 0
    return Math.min(elapsedMs, this.#deadlines.stoodStillMs(this.#began + elapsedMs) - this.#stoodStillMs)
  }

  #ran({ end, elapsedMs }: TimedEnd, initMs: number | undefined): RunEnd {
    return this.#conclude(end, responseOfRun(end, this.#facts(elapsedMs)), elapsedMs, initMs)
  }

  #conclude(end: CallEnd, response: ActivationResponse, elapsedMs: number, initMs: number | undefined): RunEnd {
    const timedOut = end.kind === 'timeout' || elapsedMs - this.#unheardMs(elapsedMs) >= this.limitMs
    return {
      response,
      call: end.kind,
      refused: isRefusal(end),
      timedOut,
      brief: end.kind === 'reply' && end.reply.brief === true,
      silent: end.kind === 'reply' && end.reply.silent === true,
      initMs,
      // A timer may be early by a fraction; the record of a time-out never shows less than the limit.
      elapsedMs: timedOut ? Math.max(elapsedMs, this.limitMs) : elapsedMs,
      waitedMs: this.#waitedMs,
    }
  }
}

interface TimedEnd {
  readonly end: CallEnd
  readonly elapsedMs: number
}
