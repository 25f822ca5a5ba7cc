import { isPlatformError, type PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { ActivationRefused } from '../refusals/activation-refused.ts'
import { Refusal } from '../refusals/refusal.ts'
import { jsonAnswer, textAnswer, type TextAnswer } from './answer.ts'
import { HttpError, RETRY_SOON } from './http-error.ts'
import { refusalAnswer } from './refusal-answer.ts'
import { STATUS_TEXT_DEFAULTS, TEXTS } from './texts.ts'

/** How the JSON of the error object is written. */
export type ErrorStyle = 'compact' | 'pretty'

/** What the client is told about an error that ended its request. Logs those that are not the client's doing. */
export function errorAnswer(
  error: unknown,
  transactionId: string,
  logger: Logger,
  style: ErrorStyle = 'compact',
): TextAnswer {
  const errorObject = (status: number, message: string, headers: readonly string[] = []): TextAnswer =>
    jsonAnswer(status, errorText(message || STATUS_TEXT_DEFAULTS[status], transactionId, style), headers)
  if (error instanceof Refusal) {
    const { status, text, headers } = refusalAnswer(error)
    return errorObject(status, text, headers)
  }
  if (error instanceof HttpError) {
    if (error.plain) return textAnswer(error.status, error.message, error.headers)
    return errorObject(error.status, error.message, error.headers)
  }
  if (isPlatformError(error)) {
    switch (error.code) {
      case 'ERR_CONFLICT':
        return errorObject(409, TEXTS.concurrentModification)
      case 'ERR_TOO_LARGE':
        return errorObject(413, '')
      case 'ERR_UNAVAILABLE':
      case 'ERR_CLOSED':
        if (!(error instanceof ActivationRefused)) {
          logger.warn({ ...outageOf(error), transactionId }, 'request refused, a part of the platform is unavailable')
        }
        return errorObject(503, '', RETRY_SOON)
      case 'ERR_CORRUPT':
        logger.error({ err: error, transactionId }, 'stored data cannot be read')
        return errorObject(500, TEXTS.corrupt)
      case 'ERR_UNSUPPORTED':
      case 'ERR_CONFIG':
      case 'ERR_START_FAILED':
      case 'ERR_IMAGE':
      case 'ERR_NOT_REACHED':
      case 'ERR_RECALLED':
      case 'ERR_CONNECTION_LOST':
      case 'ERR_TIMEOUT':
      case 'ERR_RELEASED':
        logger.error({ err: error, transactionId }, 'request failed')
        return errorObject(500, '')
    }
  }
  logger.error({ err: error, transactionId }, 'request failed unexpectedly')
  return textAnswer(500, STATUS_TEXT_DEFAULTS[500]!)
}

/** A line for each request that an outage costs, and not the stack of each. */
function outageOf({ code, message, cause }: PlatformError): object {
  return { code, reason: message, ...(cause instanceof Error ? { cause: cause.message } : {}) }
}

function errorText(error: string | undefined, code: string, style: ErrorStyle): string {
  return JSON.stringify({ error, code }, null, style === 'pretty' ? 2 : 0)
}
