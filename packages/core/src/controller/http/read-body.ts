import type { HttpRequest } from './direct/api-server.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import { HttpError } from './http-error.ts'
import { largerThanAllowed } from './texts.ts'

/** The connection broke while the request was being received: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** How long a body may be, and what is said of a longer one. */
export interface BodyLimit {
  readonly bytes: number
  readonly tooLarge: (bytes: number) => HttpError
}

/** Where the body of a request is had from. */
export interface BodySource {
  /**
   * The whole body. To be called once.
   * @throws HttpError 408, 413, 503
   * @throws ClientGone
   */
  readBody(limit: BodyLimit): MaybePromise<Buffer>
  /** The same of a body that makes much work: it counts against the memory for bodies until the request is answered. */
  readLargeBody(limit: BodyLimit): MaybePromise<Buffer>
}

/** Bytes that the client announced; undefined when it did not (chunked transfer). */
export function announcedLength(request: HttpRequest): number | undefined {
  const header = request.headers['content-length']
  if (header !== undefined) return Number(header)
  return request.headers['transfer-encoding'] === undefined ? 0 : undefined
}

/** The bound of all requests. */
export function requestLimit(maxRequestBytes: number): BodyLimit {
  return { bytes: maxRequestBytes, tooLarge: bodyTooLarge }
}

/** Bytes of JSON that a byte of what is stored may have been written as, indented or escaped. */
const SLACK = 4

/** The bound of a package, a trigger or a rule: parameters and annotations, and some room for the rest. */
export function entityLimit({ maxParameterBytes, maxRequestBytes }: PlatformLimits): BodyLimit {
  const bytes = SLACK * 2 * maxParameterBytes
  return bytes < maxRequestBytes ? routeLimit(bytes) : requestLimit(maxRequestBytes)
}

/** The bound of one route, which says what it is. */
export function routeLimit(allowedBytes: number): BodyLimit {
  return {
    bytes: allowedBytes,
    tooLarge: (bytes) => new HttpError(413, largerThanAllowed('Request', bytes, allowedBytes)),
  }
}

/** What the HTTP layer itself does not take, whatever it is for. */
export function bodyTooLarge(): HttpError {
  return new HttpError(413, '', { plain: true })
}
