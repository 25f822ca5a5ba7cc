import { isPlatformError, PlatformError } from '@stemcell/core'

/** The connection was never made, or broke before all of the request was written: it certainly was not executed. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'UND_ERR_CONNECT_TIMEOUT',
])

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS/

export function isNotSent(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && (NOT_SENT.has(code) || CERTIFICATE.test(code))
}

/** No answer, or not all of it, within the time allowed. */
export function isTimeout(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'time-out' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
}

/** The one place that knows the errors of undici and nano. A TypeError of a caller stays as it is. */
export function toPlatformError(error: unknown, origin: string): unknown {
  if (isPlatformError(error)) return error
  const code = codeOf(error)
  if (code === undefined) return error
  const hint = CERTIFICATE.test(code) ? '; see option tls.caFile' : ''
  return new PlatformError('ERR_UNAVAILABLE', `CouchDB at ${origin} does not answer (${code})${hint}`, {
    cause: error,
  })
}

/** The code of a driver's or system's error; of the innermost cause that has one, since drivers wrap. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const inner = codeOf(error.cause)
  if (inner !== undefined) return inner
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'time-out'
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
