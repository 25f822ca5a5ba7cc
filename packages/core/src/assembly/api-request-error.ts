import type { JsonValue } from '../model/json.ts'
import type { ApiResponse } from '../system-packages/system-package.ts'

/** Why the platform did not do what a client asked for. */
export class ApiRequestError extends Error {
  override readonly name = 'ApiRequestError'
  /** `ERR_NOT_FINISHED`: it goes on, and its record will be there under `activationId`; `ERR_REFUSED`: all else. */
  readonly code: 'ERR_REFUSED' | 'ERR_NOT_FINISHED'
  /** HTTP status, such as 404. */
  readonly status: number
  /** What was answered. */
  readonly body: JsonValue | undefined
  /** Of the activation, where there is one. */
  readonly activationId: string | undefined
  /** Under which the logs of the platform tell of it. */
  readonly transactionId: string | undefined

  constructor(code: ApiRequestError['code'], { status, body }: Pick<ApiResponse, 'status' | 'body'>) {
    const detail = field(body, 'error') ?? body
    const text = typeof detail === 'string' ? detail : JSON.stringify(detail)
    super(code === 'ERR_NOT_FINISHED' ? `not finished within the wait: ${text}` : `${status}: ${text}`)
    this.code = code
    this.status = status
    this.body = body
    this.activationId = textOf(field(body, 'activationId'))
    this.transactionId = textOf(field(body, 'code'))
  }
}

function field(body: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as { readonly [name: string]: JsonValue | undefined })[name]
    : undefined
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
