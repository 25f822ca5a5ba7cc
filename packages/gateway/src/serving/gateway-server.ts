import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { Server as NetServer, type AddressInfo } from 'node:net'
import {
  ApiServer,
  bounded,
  connectionCap,
  DirectRequest,
  Deadline,
  Deadlines,
  DirectResponse,
  isPlatformError,
  isPromise,
  originForm,
  PlatformError,
  tellRefusedConnections,
  renewedServer,
  SECOND_SHARE,
  SecureServer,
  type HttpRequest,
  type HttpResponse,
  type CertificateFiles,
  type Clock,
  type Logger,
  type Random,
  type SystemPackageContext,
  type Timer,
} from '@stemcell/core'
import type { GatewaySettings } from '../gateway-options.ts'
import { accessOf } from './required-access.ts'
import { corsHeaders } from './cors-headers.ts'
import { takesGzip } from './answer-policy.ts'
import { DirectReply } from './direct-reply.ts'
import { GatewayResponse } from './gateway-response.ts'
import { RateLimiter } from './rate-limiter.ts'
import { refusalText, type Reply } from './reply.ts'
import type { RouteMemory } from './route-memory.ts'
import type { RouteTable } from './route-table.ts'
import type { ServedOperation, ServedPath } from './served-api.ts'

/** Longer than clients and proxies keep an idle connection. */
const KEEP_ALIVE_MS = 75_000
const RECEIVE_MS = 65_000
/** A connection is let be for so long when it drains: the next request may be on its way. */
const LINGER_MS = 250
const SWEEP_MS = 20
const MAX_HEAD_BYTES = 64 * 1024
const HTTP = {
  ServerResponse: GatewayResponse,
  keepAliveTimeout: KEEP_ALIVE_MS,
  requestTimeout: RECEIVE_MS,
  headersTimeout: RECEIVE_MS,
  maxHeaderSize: MAX_HEAD_BYTES,
}
/** Before the namespace. */
const APIS = '/api/'
/** A target as proxies send it: its host is the one that counts. */
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i
const NO_HEADERS: readonly string[] = []
const UNSUBSCRIBED = ''

export interface GatewayServerParts {
  readonly settings: GatewaySettings
  readonly memory: RouteMemory
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly handle: SystemPackageContext['handle']
}

/** Where a request leads: to whose APIs, and with which path. */
interface Place {
  readonly namespace: string
  readonly path: string
  /** The query as received, with its `?`, or empty. */
  readonly query: string
}

/** A request on its way. */
interface Visit {
  readonly place: Place
  readonly request: HttpRequest
  readonly response: HttpResponse
  readonly reply: Reply
}

/** Serves APIs on a port of its own. */
export class GatewayServer {
  readonly #parts: GatewayServerParts
  readonly #limiter: RateLimiter
  readonly #hosts: ReadonlyMap<string, string>
  readonly #deadlines: Deadlines
  #server: Server | undefined
  #certificate: CertificateFiles | undefined
  #url: string | undefined
  #closing: Promise<void> | undefined

  constructor(parts: GatewayServerParts) {
    this.#parts = parts
    this.#limiter = new RateLimiter(parts.clock)
    this.#deadlines = Deadlines.of(parts.clock)
    this.#hosts = new Map(
      Object.entries(parts.settings.hosts).map(([host, namespace]) => [host.toLowerCase(), namespace]),
    )
  }

  /** Where it listens; undefined while it does not. */
  get url(): string | undefined {
    return this.#url
  }

  /** @throws ERR_CONFIG the port is in use or may not be bound; the message names it. */
  async open(): Promise<void> {
    const { host = '127.0.0.1', port, anyPort } = this.#parts.settings
    if (port === undefined) return
    try {
      await this.#listen(host, port)
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isTaken || !anyPort) {
        const why = isTaken ? 'is in use; choose another with gateway.port' : `cannot be used (${String(error)})`
        throw new PlatformError('ERR_CONFIG', `gateway: ${host}:${port} ${why}`, { cause: error })
      }
      await this.#listen(host, 0)
    }
  }

  async #listen(host: string, port: number): Promise<void> {
    const { clock, logger } = this.#parts
    const server = await this.#make()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host, backlog: server.maxConnections }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    tellRefusedConnections(server, logger, clock)
    this.#server = server
    const scheme = this.#parts.settings.tls ? 'https' : 'http'
    const { port: actual } = server.address() as AddressInfo
    // Of a server that listens on every address, the one that is there for certain.
    const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    this.#url = `${scheme}://${reached.includes(':') ? `[${reached}]` : reached}:${actual}`
  }

  async #make(): Promise<Server> {
    const { settings, clock, random, logger } = this.#parts
    const handle = (request: HttpRequest, response: HttpResponse): void => {
      if (response instanceof DirectResponse) this.#serve(request, response, new DirectReply(response))
      else if (response instanceof GatewayResponse) this.#serve(request, response, response)
    }
    const boundedOne = <S extends Server>(server: S): S => {
      const { connections: maxConnections } = connectionCap(undefined, SECOND_SHARE)
      return bounded(server, { handle: handle as RequestListener, clock, random, maxConnections, textOf: refusalText })
    }
    if (!settings.tls) return boundedOne(new ApiServer(HTTP, handle, clock))
    const { server, certificate } = await renewedServer(settings.tls, {
      clock,
      logger,
      http: HTTP,
      response: GatewayResponse,
      handle: handle as RequestListener,
    })
    // Another one was there when the port was not to be had.
    this.#certificate?.close()
    this.#certificate = certificate
    return boundedOne(server)
  }

  /** Takes no more requests, and lets those that are being answered finish, for a time. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const server = this.#server
    if (!server) return
    const { clock, settings } = this.#parts
    this.#certificate?.close()
    if (server instanceof SecureServer) server.announceEnd()
    // Unlike its own `close`, this lets it keep idle connections.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
    let sweep: Timer | undefined
    const sweeping = (): void => {
      // After what has arrived was read: a process that stood still looks at its timers first.
      setImmediate(() => server.closeIdleConnections())
      sweep = clock.setTimer(SWEEP_MS, sweeping)
    }
    sweep = clock.setTimer(Math.min(settings.drainMs, LINGER_MS), sweeping)
    const impatience = clock.setTimer(settings.drainMs, () => server.closeAllConnections())
    await closed
    sweep.cancel()
    impatience.cancel()
    // What checks its connections stops, too.
    server.close()
    this.#deadlines.rest()
  }

  #serve(request: HttpRequest, response: HttpResponse, reply: Reply): void {
    if (this.#closing) reply.shouldKeepAlive = false
    const place = this.#placeOf(request)
    if (!place) {
      reply.refuse(404, 'Not found.')
      return
    }
    const visit: Visit = { place, request, response, reply }
    try {
      const routes = this.#parts.memory.routesOf(place.namespace)
      if (!isPromise(routes)) this.#route(routes, visit)
      else routes.then((read) => this.#route(read, visit)).catch((error: unknown) => this.#fail(error, reply))
    } catch (error) {
      this.#fail(error, reply)
    }
  }

  #fail(err: unknown, reply: Reply): void {
    const isOutage = isPlatformError(err) && err.retryable
    this.#parts.logger.error({ err }, 'request for an API failed')
    if (isOutage) reply.refuse(503, 'The APIs cannot be read at the moment.')
    else reply.refuse(500, 'Internal error.')
  }

  #placeOf({ url = '/', headers }: HttpRequest): Place | undefined {
    const target = originForm(url)
    const end = target.indexOf('?')
    const path = end < 0 ? target : target.slice(0, end)
    const query = end < 0 ? '' : target.slice(end)
    if (this.#hosts.size > 0) {
      const host = ABSOLUTE.exec(url)?.[1] ?? headers.host ?? ''
      const namespace = this.#hosts.get(host.toLowerCase().replace(/:\d+$/, ''))
      if (namespace !== undefined) return { namespace, path, query }
    }
    if (!path.startsWith(APIS)) return undefined
    const slash = path.indexOf('/', APIS.length)
    const namespace = decoded(slash < 0 ? path.slice(APIS.length) : path.slice(APIS.length, slash))
    return namespace ? { namespace, path: slash < 0 ? '/' : path.slice(slash), query } : undefined
  }

  #route(routes: RouteTable, visit: Visit): void {
    const { place, request, reply } = visit
    const path = routes.find(place.path)
    if (!path) {
      reply.refuse(404, 'Not found.')
      return
    }
    const { api } = path
    const method = request.method ?? 'GET'
    const cors = api.cors === 'own' ? corsHeaders(request, path) : api.cors === 'none' ? NO_HEADERS : undefined
    const { gzipFromBytes } = this.#parts.settings
    reply.policy = {
      cors,
      gzipFromBytes: takesGzip(request.headers['accept-encoding']) ? gzipFromBytes : undefined,
    }
    const operation = path.operations.get(method)
    if (!operation && method === 'OPTIONS' && api.cors === 'own') {
      reply.preflight(corsHeaders(request, path))
      return
    }
    if (!operation) reply.refuse(404, 'Whoops. Verb not supported.', ['Allow', path.methods])
    else if (this.#admits(path, operation, visit)) this.#pass(operation, visit)
  }

  /** Whether the request has the keys that it needs, and is not one too many; if not, it is answered. */
  #admits(
    { api }: ServedPath,
    { keys }: ServedOperation,
    { place: { namespace, query }, request, reply }: Visit,
  ): boolean {
    const access = accessOf(request, query, keys, api)
    if ('refusal' in access) {
      reply.refuse(401, access.refusal)
      return false
    }
    const waitMs = this.#limiter.refusal(`${namespace} ${api.id} ${access.clientId ?? UNSUBSCRIBED}`, api.limits)
    if (waitMs === undefined) return true
    reply.refuse(429, 'Rate limit exceeded', ['Retry-After', String(Math.ceil(waitMs / 1000))])
    return false
  }

  /** Hands the request to the web action, as if it had been sent there. */
  #pass(operation: ServedOperation, { place, request, response, reply }: Visit): void {
    const { target, withPath, method, headers } = operation
    if (target === undefined) {
      reply.refuse(502, 'The back end is not a web action.')
      return
    }
    const url = withQuery(withPath ? target + place.path : target, place.query)
    this.#await(reply)
    this.#parts.handle(sentOn(request, url, method, headers), response)
  }

  #await(reply: Reply): void {
    const { clock, settings } = this.#parts
    const patience = new Patience(clock.monotonic() + settings.timeoutMs, reply)
    reply.whenAnswered = () => {
      this.#deadlines.remove(patience)
      if (this.#closing) reply.shouldKeepAlive = false
    }
    this.#deadlines.add(patience)
  }
}

/** How long a back end is waited for. When the client goes first, it stays until its time is over. */
class Patience extends Deadline {
  readonly #reply: Reply

  constructor(deadlineMs: number, reply: Reply) {
    super(deadlineMs)
    this.#reply = reply
  }

  expire(): void {
    this.#reply.refuse(504, 'The back end did not answer in time.', ['Connection', 'close'])
  }
}

/** The request as the back end sees it. */
function sentOn(
  request: HttpRequest,
  url: string,
  method: string | undefined,
  headers: ServedOperation['headers'],
): HttpRequest {
  if (request instanceof DirectRequest) {
    return request.sentOn({ method: method ?? request.method, url, headers: headers.flat() })
  }
  request.url = url
  if (method !== undefined) request.method = method
  for (const [name, value] of headers) setHeader(request, name, value)
  return request
}

function withQuery(target: string, query: string): string {
  return query !== '' && target.includes('?') ? `${target}&${query.slice(1)}` : target + query
}

/** In place of what the client may have sent under that name. */
function setHeader(request: IncomingMessage, name: string, value: string): void {
  const lower = name.toLowerCase()
  request.headers[lower] = value
  const { rawHeaders } = request
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index]!.toLowerCase() === lower) rawHeaders.splice(index, 2)
  }
  rawHeaders.push(name, value)
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
