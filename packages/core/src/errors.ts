/**
 * Every failure an SPI may report. Codes are API: adding one is a minor change, renaming one a major one.
 * `status` is the HTTP status the controller answers when nothing closer to the cause decided otherwise.
 */
export const ERROR_CODES = {
  /** Used before `open()` or after `close()`. */
  ERR_CLOSED: { retryable: false, status: 503 },
  /** A capability that this adapter does not declare. Of a container that is asked for, the message is shown to the user. */
  ERR_UNSUPPORTED: { retryable: false, status: 501 },
  /** A body or document above the bound that the capabilities state. */
  ERR_TOO_LARGE: { retryable: false, status: 413 },
  /** The revision given is not the current one, or something exists that must not. */
  ERR_CONFLICT: { retryable: false, status: 409 },
  /** The backend is unreachable or timed out; whether the operation happened is unknown. */
  ERR_UNAVAILABLE: { retryable: true, status: 503 },
  /** Stored data cannot be read: damaged, or written by a newer version. */
  ERR_CORRUPT: { retryable: false, status: 500 },
  /** What a queue's handler rejects with that did nothing with its message, see `Queue.subscribe`. */
  ERR_RELEASED: { retryable: true, status: 503 },
  /** An option of an adapter was refused by its schema, or the environment cannot satisfy it. */
  ERR_CONFIG: { retryable: false, status: 500 },
  /** A container could not be made; the platform is at fault. */
  ERR_START_FAILED: { retryable: true, status: 500 },
  /** A container could not be made; the user's image is at fault. The message is shown to the user. */
  ERR_IMAGE: { retryable: false, status: 502 },
  /** No connection to the container: the request was certainly not received and may be sent elsewhere. */
  ERR_NOT_REACHED: { retryable: true, status: 502 },
  /** The run was sent behind others and asked back before it began: it may be sent elsewhere, and the container goes on. */
  ERR_RECALLED: { retryable: true, status: 502 },
  /** The connection to the container broke after the request may have been received. */
  ERR_CONNECTION_LOST: { retryable: false, status: 502 },
  /** The container did not answer within the time allowed. */
  ERR_TIMEOUT: { retryable: false, status: 502 },
} as const

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What a {@link PlatformError} may have beside its code and message. */
export interface PlatformErrorOptions {
  /** The error of the driver. */
  readonly cause?: unknown
  /** See {@link PlatformError.userHint}. */
  readonly userHint?: string
}

const BRAND: unique symbol = Symbol.for('@stemcell/core.PlatformError')

/** The only error class that crosses an SPI boundary; the driver's own error travels in `cause`. */
export class PlatformError extends Error {
  readonly [BRAND] = true
  override readonly name = 'PlatformError'
  readonly code: ErrorCode
  /**
   * One sentence for whoever invoked the action, where `message` is for the operator. Without secrets and addresses. That of an
   * ERR_START_FAILED of a container follows what the user is told.
   */
  readonly userHint: string | undefined

  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.code = code
    if (options.userHint !== undefined) this.userHint = options.userHint
  }

  /** True when the same call may succeed later without a change by the caller. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}

/** Recognises a {@link PlatformError} across duplicate installs of core, where `instanceof` would not. */
export function isPlatformError(error: unknown, code?: ErrorCode): error is PlatformError {
  return (
    typeof error === 'object' &&
    error !== null &&
    BRAND in error &&
    (code === undefined || (error as PlatformError).code === code)
  )
}
