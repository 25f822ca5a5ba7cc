import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { randomText, type Random } from '../../time/random.ts'
import { connectionCap } from '../../connection-cap.ts'
import type { Clock } from '../../time/clock.ts'
import { ApiServer, type HttpListener } from './direct/api-server.ts'
import { endStalledClients } from './stalled-clients.ts'
import { STATUS_TEXT_DEFAULTS } from './texts.ts'

/** Longer than clients and proxies keep an idle connection, so that it is never closed under their next request. */
const KEEP_ALIVE_MS = 75_000
/** A request must have arrived completely within this time. */
const RECEIVE_MS = 65_000
/** Request line and headers together; a longer path than the API takes must still be readable to be refused. */
const MAX_HEAD_BYTES = 64 * 1024

/** Longer methods are not read to their end. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,16} \S+ HTTP\/1\.[01]\r?\n/

interface Refusal {
  readonly status: number
  readonly message: string
}

const NOT_IMPLEMENTED: Refusal = { status: 501, message: 'Not Implemented' }

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'Request Timeout' },
}

/** What node:http says of bytes that it cannot read as a request. */
interface ParserError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** What a server is made with. */
export const HTTP_BOUNDS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  requestTimeout: RECEIVE_MS,
  headersTimeout: RECEIVE_MS,
  maxHeaderSize: MAX_HEAD_BYTES,
  // The API answers such a request itself.
  requireHostHeader: false,
}

/** A server with the bounds of the API, not listening yet. What is not HTTP is answered with its error object too. */
export function createHttpServer(
  handle: HttpListener,
  clock: Clock,
  random: Random,
  maxConnections: number = connectionCap().connections,
  leaves?: (url: string) => boolean,
): ApiServer {
  return bounded(new ApiServer(HTTP_BOUNDS, handle, clock, leaves), { handle, clock, random, maxConnections })
}

/** The body of what is answered to bytes that are no request. */
export type RefusalText = (status: number, message: string, transactionId: string) => string

/** What a {@link bounded} server needs. */
export interface BoundedServerParts {
  /** Also for requests with an `Expect` header. */
  readonly handle: RequestListener
  readonly clock: Clock
  readonly random: Random
  readonly maxConnections: number
  /** Default: the error object of the API. */
  readonly textOf?: RefusalText
}

/** The same of a server that was made with bounds like `HTTP_BOUNDS`, and perhaps more. */
export function bounded<S extends Server>(
  server: S,
  { handle, clock, random, maxConnections, textOf = refusalText }: BoundedServerParts,
): S {
  const refuse = (socket: Duplex, why: Refusal) => {
    socket.on('error', () => socket.destroy())
    socket.end(refusal(why, randomText(random, 32), textOf), () => socket.destroy())
  }
  server.maxConnections = maxConnections
  endStalledClients(server, clock)
  // Their size is bounded. Of more than so many node:http would drop the rest, the length of the body among them.
  server.maxHeadersCount = 0
  // Whoever reads the body asks for it.
  server.on('checkContinue', handle)
  // OpenWhisk passes over expectations that it does not know; node:http would refuse them, without a body.
  server.on('checkExpectation', handle)
  server.on('clientError', (error: ParserError, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy()
    else refuse(socket, STATUS_OF_PARSER_ERROR[error.code ?? ''] ?? statusOf(error))
  })
  // Without a listener node:http closes the connection in silence.
  server.on('connect', (_request, socket) => refuse(socket, NOT_IMPLEMENTED))
  return server
}

function refusalText(status: number, message: string, transactionId: string): string {
  return JSON.stringify({ error: STATUS_TEXT_DEFAULTS[status] ?? message, code: transactionId })
}

function refusal({ status, message }: Refusal, transactionId: string, textOf: RefusalText): string {
  const body = textOf(status, message, transactionId)
  return [
    `HTTP/1.1 ${status} ${message}`,
    `X-Request-ID: ${transactionId}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

/** A method that nobody knows is told from what is no HTTP at all by what the line looks like. */
function statusOf({ code, rawPacket, bytesParsed = 0 }: ParserError): Refusal {
  const text = rawPacket?.toString('latin1') ?? ''
  const line = text.slice(text.lastIndexOf('\n', Math.max(0, bytesParsed - 1)) + 1)
  const isRequest = code === 'HPE_INVALID_METHOD' && REQUEST_LINE.test(line)
  return isRequest ? NOT_IMPLEMENTED : { status: 400, message: 'Bad Request' }
}
