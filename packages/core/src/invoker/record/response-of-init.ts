import type { ActivationResponse } from '../../model/activation.ts'
import type { CallEnd } from '../parts/call-end.ts'
import { errorResponse } from '../../model/error-response.ts'
import { declaredError, isTooDeep, parse, type CallFacts } from './response-of-run.ts'
import {
  badInitText,
  INIT_LOST,
  OUT_OF_MEMORY,
  RUN_LOST,
  timeoutText,
  TOO_DEEP,
  truncatedText,
} from '../parts/texts.ts'

/**
 * What the end of `/init` means for the activation; undefined when the container is initialised and time is left to
 * run in it.
 */
export function responseOfInit(end: CallEnd, facts: CallFacts): ActivationResponse | undefined {
  const { elapsedMs, limitMs, maxReplyBytes } = facts
  if (end.kind === 'unexpected') return errorResponse(3, RUN_LOST)
  if (end.kind === 'timeout' || elapsedMs >= limitMs) return errorResponse(2, timeoutText(limitMs, 'init'))
  if (end.kind === 'not-reached' || end.kind === 'recalled') return errorResponse(2, INIT_LOST)
  if (end.kind === 'lost') {
    return errorResponse(2, end.exit?.reason === 'out-of-memory' ? OUT_OF_MEMORY : INIT_LOST)
  }
  const { status, body, bodyBytes, truncated } = end.reply
  if (truncated) return errorResponse(2, truncatedText(bodyBytes, maxReplyBytes, body), bodyBytes)
  if (status === 200) return undefined
  const value = parse(body)
  if (isTooDeep(value, body)) return errorResponse(2, TOO_DEEP, body.length)
  const error = declaredError(value)
  return errorResponse(2, error === undefined ? badInitText(body) : error, body.length)
}
