import { Pool, type Dispatcher } from 'undici'
import type { CouchSettings } from '../couch-stores-options.ts'
import type { Credentials } from './credentials.ts'

const LONG_BODY = 1024 ** 2
const REVISION_TAG = /^(?:W\/)?"(\d+-[0-9a-f]{32})"$/

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'

export interface NodeRequest {
  readonly method: Method
  /** Below the root of the server, with its query; every segment encoded. */
  readonly path: string
  readonly body?: string | undefined
}

export interface CouchReply {
  readonly status: number
  readonly retryAfterMs: number | undefined
  /** The revision of a document, where the server, or a proxy in between, does not say something else there. */
  readonly etag: string | undefined
  readonly body: Buffer
}

/** One node: its connections and, with cookie authentication, its session. */
export class CouchNode {
  /** Scheme, host and port, for messages. */
  readonly origin: string
  readonly #pool: Pool
  /** Below which databases are, without a slash at the end. */
  readonly #basePath: string
  readonly #credentials: Credentials | undefined
  #cookie: string | undefined

  constructor(url: URL, { connections, connectTimeoutMs, requestTimeoutMs, credentials, tls }: CouchSettings) {
    this.origin = url.origin
    this.#basePath = url.pathname.replace(/\/+$/, '')
    this.#credentials = credentials
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      connect: { timeout: connectTimeoutMs, ...tls },
    })
  }

  /** Sends it once. Rejects with the driver's error. */
  async send(request: NodeRequest, signal: AbortSignal): Promise<CouchReply> {
    const reply = await this.#dispatch(request, await this.#authentication(signal), signal)
    // Sessions end; a new one is begun once.
    if (reply.status !== 401 || this.#cookie === undefined) return reply
    this.#cookie = undefined
    return this.#dispatch(request, await this.#authentication(signal), signal)
  }

  /** The headers that say who is asking. */
  async #authentication(signal: AbortSignal): Promise<Record<string, string>> {
    const credentials = this.#credentials
    if (!credentials) return {}
    if (credentials.scheme === 'basic') return { authorization: credentials.authorization }
    this.#cookie ??= await this.#beginSession(credentials, signal)
    // Without a session the request goes out unauthenticated, and its refusal says why.
    return this.#cookie === undefined ? {} : { cookie: this.#cookie }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #beginSession(credentials: Credentials, signal: AbortSignal): Promise<string | undefined> {
    const path = `${this.#basePath}/_session`
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const reply = await this.#pool.request({ method: 'POST', path, headers, body: credentials.sessionRequest, signal })
    await reply.body.dump()
    return sessionCookie(reply.headers)
  }

  async #dispatch(
    { method, path, body }: NodeRequest,
    authentication: Record<string, string>,
    signal: AbortSignal,
  ): Promise<CouchReply> {
    // Making it took long: connections that the server has closed meanwhile are noticed first.
    if (body !== undefined && body.length > LONG_BODY) await new Promise((resolve) => setImmediate(resolve))
    const headers = {
      ...authentication,
      accept: '*/*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const reply = await this.#pool.request({
      method,
      path: this.#basePath + path,
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    })
    // The server prolongs a session by giving it another cookie.
    if (this.#cookie !== undefined) this.#cookie = sessionCookie(reply.headers) ?? this.#cookie
    const bytes = Buffer.from(await reply.body.arrayBuffer())
    const { 'retry-after': wish, etag } = reply.headers
    return {
      status: reply.statusCode,
      retryAfterMs: retryAfter(wish),
      etag: typeof etag === 'string' ? REVISION_TAG.exec(etag)?.[1] : undefined,
      body: bytes,
    }
  }
}

function sessionCookie(headers: Dispatcher.ResponseData['headers']): string | undefined {
  const cookies = headers['set-cookie'] ?? []
  for (const text of typeof cookies === 'string' ? [cookies] : cookies) {
    const cookie = text.split(';', 1)[0]!
    if (cookie.startsWith('AuthSession=') && cookie !== 'AuthSession=') return cookie
  }
  return undefined
}

function retryAfter(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined
}
