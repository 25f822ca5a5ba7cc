import { isPlatformError, PlatformError, type ErrorCode } from '@stemcell/core'

const MEANINGS: Readonly<Record<string, readonly [code: ErrorCode, meaning: string]>> = {
  OOM: ['ERR_UNAVAILABLE', 'has no memory left (OOM); raise maxmemory or shorten the retention'],
  READONLY: ['ERR_UNAVAILABLE', 'is a read-only replica'],
  LOADING: ['ERR_UNAVAILABLE', 'is still loading its data'],
  BUSY: ['ERR_UNAVAILABLE', 'is busy with a script'],
  MASTERDOWN: ['ERR_UNAVAILABLE', 'is a replica that lost its primary'],
  MISCONF: ['ERR_UNAVAILABLE', 'cannot save its data to disk and takes no writes'],
  NOREPLICAS: ['ERR_UNAVAILABLE', 'has too few replicas to take writes'],
  WRONGTYPE: ['ERR_CORRUPT', 'holds something else under a key of this platform'],
  NOPERM: ['ERR_CONFIG', 'does not let this user do what is needed; see the README for the rights'],
  NOAUTH: ['ERR_CONFIG', 'asks for a password; set the options username and password'],
  WRONGPASS: ['ERR_CONFIG', 'refuses the user or the password; check the options username and password'],
}

/**
 * The one place that knows the errors of the driver and of Redis. What comes from a connection or from the server in
 * any other way means that the outcome is unknown.
 */
export function toPlatformError(error: unknown, server: string): PlatformError {
  if (isPlatformError(error)) return error
  const code = replyCode(error)
  const known = code === undefined ? undefined : MEANINGS[code]
  const cause = withoutArguments(error)
  if (known) return new PlatformError(known[0], `${server} ${known[1]}`, { cause })
  if (wasNotSent(error)) return new PlatformError('ERR_UNAVAILABLE', `${server} cannot be reached`, { cause })
  return new PlatformError('ERR_UNAVAILABLE', `${server} did not answer: ${cause.message}`, { cause })
}

/**
 * The code in front of an error reply, e.g. `NOSCRIPT`; undefined for errors of the connection. Before Redis 7 a
 * script that failed wrapped the code of the command inside it.
 */
export function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined
  return /^ERR Error running script.* -?([A-Z]+) /.exec(error.message)?.[1] ?? /^([A-Z]+)\b/.exec(error.message)?.[1]
}

/** Whether the driver gave up waiting for an answer. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}

/** Whether the driver found its connection gone before it sent anything. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable")
}

/** The driver puts the command with all its arguments, so also passwords and documents, into its errors. */
function withoutArguments(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  // MaxRetriesPerRequestError is what the driver says of itself when it does not retry.
  const clean = new Error(error.name === 'MaxRetriesPerRequestError' ? 'the connection broke' : error.message)
  clean.name = error.name
  return clean
}

/** Whether the server refused, rather than the connection: waiting for the connection does not mend it. */
export function isRefusal(error: unknown): boolean {
  const code = replyCode(isPlatformError(error) ? error.cause : error)
  return code !== undefined && code !== 'LOADING' && code !== 'NOGROUP'
}
