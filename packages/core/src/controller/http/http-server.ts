import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { randomText, type Random } from '../../time/random.ts'
import { connectionCap } from '../../connection-cap.ts'
import { STATUS_TEXT_DEFAULTS } from './texts.ts'

/** Longer than clients and proxies keep an idle connection, so that it is never closed under their next request. */
const KEEP_ALIVE_MS = 75_000
/** A request must have arrived completely within this time. */
const RECEIVE_MS = 65_000
/** Request line and headers together; a longer path than the API takes must still be readable to be refused. */
const MAX_HEAD_BYTES = 64 * 1024

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'Request Timeout' },
}

/** A server with the bounds of the API, not listening yet. What is not HTTP is answered with its error object too. */
export function createHttpServer(
  handle: RequestListener,
  random: Random,
  maxConnections: number = connectionCap().connections,
): Server {
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: RECEIVE_MS,
      headersTimeout: RECEIVE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
    },
    handle,
  )
  server.maxConnections = maxConnections
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy()
    else socket.end(refusal(error.code ?? '', randomText(random, 32)), () => socket.destroy())
  })
  return server
}

function refusal(parserError: string, transactionId: string): string {
  const { status, message } = STATUS_OF_PARSER_ERROR[parserError] ?? { status: 400, message: 'Bad Request' }
  const body = JSON.stringify({ error: STATUS_TEXT_DEFAULTS[status] ?? message, code: transactionId })
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
