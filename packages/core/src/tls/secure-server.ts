import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http'
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { Server as HttpsServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../time/clock.ts'
import type { Certificate } from './certificate-files.ts'
import { DualResponse } from './dual-response.ts'
import { http2Module, NO_ERROR, REFUSED_STREAM } from './http2.ts'
import { StreamRequest } from './stream-request.ts'

/** Unless the options say otherwise, ms. */
const KEEP_ALIVE_MS = 5_000
const MAX_HEAD_BYTES = 16 * 1024
/** A client that has not finished its handshake by then is cut off, ms. */
const HANDSHAKE_MS = 20_000
/** A connection with requests on which nothing moves is cut: longer than any answer takes to come, ms. */
const SILENT_MS = 75_000
/** How long the rest of a body may still come after its answer, ms. */
const DUMP_MS = 30_000
/** How precisely idle connections are told, ms. */
const SWEEP_MS = 5_000
/** Requests that one connection may have open; more wait in the client. */
const STREAMS_PER_CONNECTION = 100
/** More than a request of 64 KiB can have. */
const MAX_HEADERS = 4096
/** In GOAWAY: streams that were opened before it was heard are still served. */
const LAST_OF_ALL = 2 ** 31 - 1

/** How a server that speaks TLS is set up. */
export interface SecureServerOptions {
  readonly clock: Clock
  readonly certificate: Certificate
  /** Of HTTP/1.1; `maxHeaderSize` and `keepAliveTimeout` count for HTTP/2 as well. */
  readonly http: ServerOptions
  /** How responses are made over HTTP/2. Default: `DualResponse`. */
  readonly response?: new (request: StreamRequest) => DualResponse<StreamRequest>
  readonly handle: RequestListener
}

/** A connection that speaks HTTP/2. */
interface Connection {
  readonly socket: TLSSocket
  /** Those that are open, with the monotonic ms at which they were answered. */
  readonly streams: Map<ServerHttp2Stream, number | undefined>
  /** Monotonic ms at which its last stream closed. */
  idleSinceMs: number
  /** Bytes in both directions, and the monotonic ms at which there were fewer. */
  movedBytes: number
  movedMs: number
}

/**
 * A server of HTTP/1.1 and HTTP/2 over TLS; the client chooses. Requests of both come to the same listener in the form
 * of node:http, under the same bounds: streams of all connections together are no more than connections may be.
 */
export class SecureServer extends HttpsServer {
  readonly #clock: Clock
  readonly #keepAliveMs: number
  readonly #handle: RequestListener
  readonly #respond: new (request: StreamRequest) => DualResponse<StreamRequest>
  readonly #connections = new Map<ServerHttp2Session, Connection>()
  #openStreams = 0
  #isSweeping = false

  constructor({ clock, certificate, http, handle, response = DualResponse }: SecureServerOptions) {
    super({ ...http, ...certificate, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: HANDSHAKE_MS }, handle)
    this.#clock = clock
    this.#handle = handle
    this.#respond = response
    this.#keepAliveMs = http.keepAliveTimeout ?? KEEP_ALIVE_MS
    const http2 = this.#http2(http.maxHeaderSize ?? MAX_HEAD_BYTES)
    const [http1] = this.listeners('secureConnection')
    this.removeAllListeners('secureConnection')
    this.on('secureConnection', (socket) => {
      if (socket.alpnProtocol !== 'h2') {
        http1!.call(this, socket)
        return
      }
      const take = (session: ServerHttp2Session): void => this.#take(socket, session)
      http2.once('session', take)
      http2.emit('connection', socket)
      http2.off('session', take)
    })
  }

  /** Tells clients of HTTP/2 to send nothing more; what is on its way is still served. */
  announceEnd(): void {
    for (const session of this.#connections.keys()) {
      if (!session.closed && !session.destroyed) session.goaway(NO_ERROR, LAST_OF_ALL)
    }
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections()
    for (const [session, connection] of this.#connections) if (connection.streams.size === 0) end(session, connection)
  }

  override closeAllConnections(): void {
    super.closeAllConnections()
    for (const { socket } of this.#connections.values()) socket.destroy()
  }

  /** Gets connections that say HTTP/2, and listens nowhere. */
  #http2(maxHeadBytes: number): Http2Server {
    const http2 = http2Module().createServer({
      maxHeaderListPairs: MAX_HEADERS,
      // What is beyond is no request at all; between the two there is an answer.
      settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION, maxHeaderListSize: 2 * maxHeadBytes },
    })
    http2.on('stream', (stream, headers, flags, rawHeaders: readonly string[] = []) => {
      // It is closed after it, which is what counts.
      stream.on('error', () => undefined)
      if (!this.#count(stream)) return
      if (lengthOf(rawHeaders) > maxHeadBytes) stream.respond({ ':status': 431 }, { endStream: true })
      else this.#serve(stream, headers, flags, rawHeaders)
    })
    // What goes wrong in a connection ends it, as does a broken one of HTTP/1.1.
    http2.on('sessionError', () => undefined)
    return http2
  }

  #take(socket: TLSSocket, session: ServerHttp2Session): void {
    const nowMs = this.#clock.monotonic()
    this.#connections.set(session, { socket, streams: new Map(), idleSinceMs: nowMs, movedBytes: 0, movedMs: nowMs })
    socket.once('close', () => this.#connections.delete(session))
    if (!this.#isSweeping) this.#sweepLater()
  }

  /** False when it is one too many, and refused: the client may send it again. */
  #count(stream: ServerHttp2Stream): boolean {
    const connection = stream.session && this.#connections.get(stream.session as ServerHttp2Session)
    if (!connection || this.#openStreams >= this.maxConnections) {
      stream.close(REFUSED_STREAM)
      return false
    }
    this.#openStreams++
    const { streams } = connection
    streams.set(stream, undefined)
    stream.once('finish', () => streams.set(stream, this.#clock.monotonic()))
    stream.once('close', () => {
      this.#openStreams--
      streams.delete(stream)
      connection.idleSinceMs = this.#clock.monotonic()
    })
    return true
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: readonly string[]): void {
    if (headers[':method'] === 'CONNECT') {
      stream.respond({ ':status': 501 }, { endStream: true })
      return
    }
    const request = new StreamRequest(stream, headers, flags, rawHeaders)
    this.#handle(request, new this.#respond(request) as ServerResponse<IncomingMessage>)
  }

  #onSweep(): void {
    this.#isSweeping = false
    const nowMs = this.#clock.monotonic()
    for (const [session, connection] of this.#connections) this.#look(session, connection, nowMs)
    if (this.#connections.size > 0) this.#sweepLater()
  }

  /** Bytes that are no requests keep no connection, as they do not in HTTP/1.1. */
  #look(session: ServerHttp2Session, connection: Connection, nowMs: number): void {
    const { socket, streams } = connection
    const movedBytes = socket.bytesRead + socket.bytesWritten
    if (movedBytes !== connection.movedBytes) Object.assign(connection, { movedBytes, movedMs: nowMs })
    if (streams.size === 0) {
      if (nowMs - connection.idleSinceMs > this.#keepAliveMs) end(session, connection)
    } else if (nowMs - connection.movedMs > SILENT_MS) socket.destroy()
    for (const [stream, answeredMs = nowMs] of streams) {
      if (nowMs - answeredMs > DUMP_MS) stream.close(NO_ERROR)
    }
  }

  #sweepLater(): void {
    this.#isSweeping = true
    this.#clock.setTimer(SWEEP_MS, () => this.#onSweep())
  }
}

function lengthOf(texts: readonly string[]): number {
  let length = 0
  for (const text of texts) length += text.length
  return length
}

/** In peace at first; a client that then keeps its end open is cut off. */
function end(session: ServerHttp2Session, { socket }: Connection): void {
  if (session.closed || session.destroyed) socket.destroy()
  else session.close()
}
