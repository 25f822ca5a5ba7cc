import { isPlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { jsonAnswer, textAnswer, type Answer } from './answer.ts'
import { HttpError } from './http-error.ts'
import { STATUS_TEXT_DEFAULTS, TEXTS } from './texts.ts'

/** What the client is told about an error that ended its request. Logs those that are not the client's doing. */
export function errorAnswer(error: unknown, transactionId: string, logger: Logger): Answer {
  if (error instanceof HttpError) {
    if (error.plain) return textAnswer(error.status, error.message, error.headers)
    return errorObject(error.status, error.message, transactionId, error.headers)
  }
  if (isPlatformError(error)) {
    switch (error.code) {
      case 'ERR_CONFLICT':
        return errorObject(409, TEXTS.concurrentModification, transactionId)
      case 'ERR_TOO_LARGE':
        return errorObject(413, '', transactionId)
      case 'ERR_UNAVAILABLE':
      case 'ERR_CLOSED':
        logger.warn({ err: error, transactionId }, 'request refused, a part of the platform is unavailable')
        return errorObject(503, '', transactionId)
      case 'ERR_CORRUPT':
        logger.error({ err: error, transactionId }, 'stored data cannot be read')
        return errorObject(500, TEXTS.corrupt, transactionId)
      case 'ERR_UNSUPPORTED':
      case 'ERR_CONFIG':
      case 'ERR_START_FAILED':
      case 'ERR_IMAGE':
      case 'ERR_NOT_REACHED':
      case 'ERR_CONNECTION_LOST':
      case 'ERR_TIMEOUT':
        logger.error({ err: error, transactionId }, 'request failed')
        return errorObject(500, '', transactionId)
    }
  }
  logger.error({ err: error, transactionId }, 'request failed unexpectedly')
  return textAnswer(500, STATUS_TEXT_DEFAULTS[500]!)
}

function errorObject(status: number, message: string, transactionId: string, headers: readonly string[] = []): Answer {
  const error = JSON.stringify(message || STATUS_TEXT_DEFAULTS[status])
  return jsonAnswer(status, `{"error":${error},"code":${JSON.stringify(transactionId)}}`, headers)
}
