import type { CallOptions, Container, RuntimeReply } from '../../container/container-factory.ts'
import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { ActivationResponse } from '../../model/activation.ts'
import type { Clock } from '../../time/clock.ts'
import type { LoadedAction } from '../parts/loaded-action.ts'
import { responseOfInit } from '../record/response-of-init.ts'
import { responseOfRun } from '../record/response-of-run.ts'
import { failedCall, isRefusal, type CallEnd } from '../parts/call-end.ts'
import type { Payload } from './payload.ts'
import { initBody, runBody } from './request-bodies.ts'

export interface RunRequest {
  readonly message: ActivationMessage
  readonly action: LoadedAction
  readonly payload: Payload
  readonly replyLimits: Pick<CallOptions, 'maxReplyBytes' | 'truncateAtBytes'>
  /** Given for a container that must be initialised first, and called when it is. */
  readonly onInitialised: (() => void) | undefined
}

export interface RunEnd {
  readonly response: ActivationResponse
  /** How the last request ended. */
  readonly call: CallEnd['kind']
  /** Certainly not started: another container may be asked, and the response counts only if none is. */
  readonly refused: boolean
  readonly timedOut: boolean
  /** The runtime printed nothing and marks no end of the log. */
  readonly silent: boolean
  /** ms from the first request to the answer of `/init`. */
  readonly initMs: number | undefined
  /** ms from the first request to the last answer. */
  readonly elapsedMs: number
}

/** Initialises the container if need be and runs the action once. Both together have the action's time limit. */
export async function runInContainer(container: Container, clock: Clock, request: RunRequest): Promise<RunEnd> {
  const { message, action, payload, replyLimits, onInitialised } = request
  const limitMs = action.action.limits.timeout
  const began = clock.monotonic()
  const deadline = clock.now() + limitMs
  const { maxReplyBytes } = replyLimits

  const ended = async (reply: Promise<RuntimeReply>): Promise<{ end: CallEnd; elapsedMs: number }> => {
    try {
      const end: CallEnd = { kind: 'reply', reply: await reply }
      return { end, elapsedMs: clock.monotonic() - began }
    } catch (error) {
      const elapsedMs = clock.monotonic() - began
      return { end: await failedCall(error, container, clock), elapsedMs }
    }
  }
  const conclude = (end: CallEnd, response: ActivationResponse, elapsedMs: number, initMs?: number): RunEnd => {
    const timedOut = end.kind === 'timeout' || elapsedMs >= limitMs
    return {
      response,
      call: end.kind,
      refused: isRefusal(end),
      timedOut,
      silent: end.kind === 'reply' && end.reply.silent === true,
      initMs,
      // A timer may be early by a fraction; the record of a time-out never shows less than the limit.
      elapsedMs: timedOut ? Math.max(elapsedMs, limitMs) : elapsedMs,
    }
  }

  let initMs: number | undefined
  if (onInitialised) {
    const body = initBody(message, action, payload, deadline)
    const { end, elapsedMs } = await ended(container.init(body, { ...replyLimits, timeoutMs: limitMs }))
    const failure = responseOfInit(end, { elapsedMs, limitMs, maxReplyBytes })
    if (failure) return conclude(end, failure, elapsedMs, elapsedMs)
    initMs = elapsedMs
    onInitialised()
  }
  const timeoutMs = initMs === undefined ? limitMs : Math.max(1, Math.floor(limitMs - initMs))
  const { end, elapsedMs } = await ended(
    container.run(runBody(message, action, payload, deadline), { ...replyLimits, timeoutMs }),
  )
  return conclude(end, responseOfRun(end, { elapsedMs, limitMs, maxReplyBytes }), elapsedMs, initMs)
}
