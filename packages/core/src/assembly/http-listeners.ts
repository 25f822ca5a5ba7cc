import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import * as z from '../zod/index.ts'
import { ONCE } from '../zod/once.ts'
import { connectionCap, MAX_CONNECTIONS } from '../connection-cap.ts'
import type { HttpListener, ApiServer } from '../controller/http/direct/api-server.ts'
import { bounded, createHttpServer, HTTP_BOUNDS } from '../controller/http/http-server.ts'
import { tellRefusedConnections } from '../controller/http/refused-connections.ts'
import { PlatformError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { Random } from '../time/random.ts'
import type { CertificateFiles, TlsFiles } from '../tls/certificate-files.ts'
import { httpsRedirect } from '../tls/https-redirect.ts'
import { renewedServer } from '../tls/renewed-server.ts'
import { SecureServer } from '../tls/secure-server.ts'
import { within } from '../time/within.ts'
import type { IsMounted } from './mount.ts'
import { handedRequest } from './handed-request.ts'
import { problems } from './options/problems.ts'

/** How long connections that are busy after everything was drained are let be, ms. */
const LAST_ANSWERS_MS = 1000
const SWEEP_MS = 20

const CLOSED = 'the platform is closed; assemble a new one'
/** By somebody else, who left nothing of which the body could be made again. */
const READ_BEFORE =
  'The request body was read before the platform got it: mount the platform before body parsers, or keep request.rawBody.'

/** Where to listen, and how. */
export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** 0 picks a free one. */
  readonly port: number
  /** Serves HTTP/1.1 and HTTP/2 over TLS, with a certificate that may be renewed while it serves. */
  readonly tls?: TlsFiles & {
    /** A port of plain HTTP which only says where the other is. */
    readonly redirectPort?: number | undefined
  }
}

const port = z.int().min(0).max(65_535)
const addressSchema = z.strictObject({
  host: z.string().min(1).optional(),
  port,
  tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1), redirectPort: port.optional() }).optional(),
})

/** @throws ERR_CONFIG it is no address to listen on. */
export function checkAddress(address: unknown): ListenOptions {
  const parsed = addressSchema.safeParse(address, ONCE)
  if (!parsed.success) throw new PlatformError('ERR_CONFIG', `listen: ${problems(parsed.error, addressSchema)}`)
  const { host, port, tls } = parsed.data
  return { port, ...(host === undefined ? {} : { host }), ...(tls && { tls }) }
}

/** The servers of one API: those that listen on ports, and one for clients in the same process. */
export class HttpListeners {
  /** Serves connections that are handed to it; has no port. */
  readonly embedded: ApiServer
  /** Answers a request that came to another server. */
  readonly handed: RequestListener
  readonly #handle: HttpListener
  readonly #leaves: IsMounted | undefined
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #servers: Server[] = []
  readonly #certificates: CertificateFiles[] = []
  #url: string | undefined
  #isClosed = false
  /** Answers from now on close their connections. */
  #lastRequests = false

  /** `leaves`: requests that are to be read by node:http, as they are not the API's. */
  constructor(handle: HttpListener, clock: Clock, random: Random, logger: Logger, leaves?: IsMounted) {
    this.#leaves = leaves
    this.#handle = (request, response) => {
      if (this.#lastRequests) response.shouldKeepAlive = false
      handle(request, response)
    }
    this.handed = (request, response) => {
      if (this.#isClosed) return refuse(response, 503, CLOSED)
      const again = handedRequest(request)
      if (again === 'unreadable') refuse(response, 500, READ_BEFORE)
      else this.#handle(again, response)
    }
    this.#clock = clock
    this.#random = random
    this.#logger = logger
    this.embedded = createHttpServer(this.#handle, clock, random, undefined, leaves)
  }

  /** Serves one end of a pair of streams. @throws ERR_CLOSED */
  connect(connection: Duplex): void {
    if (this.#isClosed) throw new PlatformError('ERR_CLOSED', CLOSED)
    this.embedded.emit('connection', connection)
  }

  /** Of the first port; undefined before there is one. */
  get url(): string | undefined {
    return this.#url
  }

  /**
   * @throws ERR_CONFIG the port is in use or may not be bound, or the certificate cannot be used; the message says which.
   */
  async listen({ host = '127.0.0.1', port, tls }: ListenOptions): Promise<string> {
    const cap = connectionCap()
    const server = tls
      ? await this.#secureServer(tls, cap.connections)
      : createHttpServer(this.#handle, this.#clock, this.#random, cap.connections, this.#leaves)
    const actual = await this.#bind(server, host, port, '--port', cap.connections)
    const url = `http${tls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${actual}`
    if (tls?.redirectPort !== undefined) {
      const redirect = httpsRedirect(actual)
      const plain = this.#bounded(createServer(HTTP_BOUNDS, redirect), redirect, cap.connections)
      await this.#bind(plain, host, tls.redirectPort, 'tls.redirectPort', cap.connections)
    }
    if (cap.connections < MAX_CONNECTIONS) {
      this.#logger.warn(
        { ...cap, usual: MAX_CONNECTIONS },
        'the limit of open files is low: fewer connections are accepted',
      )
    }
    this.#url ??= url
    return url
  }

  async #secureServer(files: TlsFiles, maxConnections: number): Promise<Server> {
    const handle = this.#handle
    const { server, certificate } = await renewedServer(files, {
      clock: this.#clock,
      logger: this.#logger,
      http: HTTP_BOUNDS,
      handle,
    })
    this.#certificates.push(certificate)
    return this.#bounded(server, handle, maxConnections)
  }

  #bounded<S extends Server>(server: S, handle: RequestListener, maxConnections: number): S {
    return bounded(server, { handle, clock: this.#clock, random: this.#random, maxConnections })
  }

  /** The port that it got. */
  async #bind(server: Server, host: string, port: number, option: string, backlog: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refused = (cause: NodeJS.ErrnoException): void => {
        const why =
          cause.code === 'EADDRINUSE' ? `is in use; choose another with ${option}` : `cannot be used (${cause.code})`
        reject(new PlatformError('ERR_CONFIG', `http: ${host}:${port} ${why}`, { cause }))
      }
      server.once('error', refused)
      // Beyond the backlog, Linux makes connections that reset when something is sent on them: 511 are soon exceeded.
      server.listen({ port, host, backlog }, () => {
        server.off('error', refused)
        resolve()
      })
    })
    if (this.#lastRequests) {
      server.close()
      throw new PlatformError('ERR_CLOSED', 'listen: the platform is closed')
    }
    tellRefusedConnections(server, this.#logger, this.#clock)
    this.#servers.push(server)
    return (server.address() as AddressInfo).port
  }

  /**
   * Takes no new connections, waits for `drained`, and then ends those that are left. A connection is let be for
   * `lingerMs` after its last answer: the next request may be on its way, and gets an answer that closes it.
   */
  async close(drained: () => Promise<void>, lingerMs: number): Promise<void> {
    const servers = [...this.#servers.splice(0), this.embedded]
    this.#lastRequests = true
    for (const certificate of this.#certificates.splice(0)) certificate.close()
    const closed = Promise.all(servers.map((server) => stopListening(server, lingerMs)))
    const closeIdle = async (): Promise<void> => {
      // After what has arrived was read: a process that stood still looks at its timers first.
      await new Promise((resolve) => setImmediate(resolve))
      for (const server of servers) server.closeIdleConnections()
    }
    const lingered = within(this.#clock, closed, lingerMs).then(closeIdle)
    await drained()
    await lingered
    await within(this.#clock, closed, lingerMs)
    let sweep: Timer | undefined
    const sweeping = (): void => {
      void closeIdle()
      sweep = this.#clock.setTimer(SWEEP_MS, sweeping)
    }
    sweeping()
    await within(this.#clock, closed, LAST_ANSWERS_MS)
    sweep?.cancel()
    for (const server of servers) server.close().closeAllConnections()
    await closed
    this.#isClosed = true
  }
}

function refuse(response: ServerResponse, status: number, error: string): void {
  const body = JSON.stringify({ error, code: response.getHeader('x-request-id') ?? '' })
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    .end(body)
}

/** Resolves when the last connection is gone. Unlike its own `close`, this lets a server keep idle connections. */
function stopListening(server: Server, lingerMs: number): Promise<void> {
  if (server instanceof SecureServer) server.announceEnd()
  // 0 would be for ever.
  server.keepAliveTimeout = Math.max(1, lingerMs)
  return new Promise((resolve) => {
    // A server that never listened calls back with an error, and still has to let its connections go.
    NetServer.prototype.close.call(server, () => resolve())
  })
}
