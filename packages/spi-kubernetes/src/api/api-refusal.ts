import { isPlatformError, PlatformError } from '@stemcell/core'

/** The API server answered, and did not do what it was asked for. */
export class ApiRefusal extends Error {
  readonly status: number
  /** A word of the API's own, e.g. `Forbidden`, `AlreadyExists`, `Expired`. */
  readonly reason: string
  /** When it may be asked again, seconds. */
  readonly retryAfterS: number | undefined

  constructor(status: number, body: string, retryAfter: string | undefined) {
    const { message, reason = '' } = statusOf(body)
    super(message ?? `HTTP ${status}${body === '' ? '' : `: ${body.slice(0, 500)}`}`)
    this.status = status
    this.reason = reason
    this.retryAfterS = retryAfter === undefined || !/^\d+$/.test(retryAfter) ? undefined : Number(retryAfter)
  }
}

/** The status that the API server refused with; undefined when it did not answer. */
export function refusedWith(error: unknown): number | undefined {
  return error instanceof ApiRefusal ? error.status : undefined
}

/** What the API server said, or why it said nothing; meant for operators. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { readonly code?: unknown }
  return !(error instanceof ApiRefusal) && !isPlatformError(error) && typeof code === 'string' ? code : error.message
}

/** A refusal becomes `refused`, silence ERR_UNAVAILABLE. */
export function toPlatformError(
  error: unknown,
  what: string,
  refused: 'ERR_START_FAILED' | 'ERR_UNAVAILABLE' = 'ERR_UNAVAILABLE',
): PlatformError {
  if (isPlatformError(error)) return error
  // What the server cannot do now it may do soon.
  const isRefused = error instanceof ApiRefusal && error.status < 500 && error.status !== 429
  const code = isRefused ? refused : 'ERR_UNAVAILABLE'
  const how = error instanceof ApiRefusal ? 'Kubernetes refused' : 'the Kubernetes API does not answer'
  return new PlatformError(code, `${what}: ${how}: ${reasonOf(error)}`, { cause: error })
}

function statusOf(body: string): { readonly message?: string; readonly reason?: string } {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return parsed
    return {}
  } catch (error) {
    // A proxy in front of the server answers in its own words.
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
