import { PlatformError, type Clock } from '@stemcell/core'
import type { Readable } from 'node:stream'
import { Agent, WebSocket, type Dispatcher } from 'undici'
import type { ClusterAccess, Credentials } from '../cluster/cluster-access.ts'
import { ApiRefusal } from './api-refusal.ts'

/** Credentials are read again so often at the latest: a token of a pod is replaced long before it ends. */
const BELIEVED_FOR_MS = 30_000
/** Requests at the same time; watches and the output of pods have connections of their own. */
const CONNECTIONS = 32
/** When the server is too busy and does not say how long. */
const BUSY_PAUSE_MS = 1_000
const CONNECT_MS = 10_000
const KEEP_ALIVE_PROBE_MS = 15_000

export interface ApiCall {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  /** Default: the client's. Covers waiting for a server that says it is too busy. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

interface Connections {
  readonly credentials: Credentials
  readonly requests: Agent
  readonly streams: Agent
}

/** Calls a Kubernetes API server. Credentials are read again when they change, or when the server believes them no more. */
export class ApiServer {
  readonly #access: ClusterAccess
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #all = new Set<Agent>()
  readonly #closed = new AbortController()
  #current: Promise<Connections> | undefined
  #readMs = 0

  constructor(access: ClusterAccess, timeoutMs: number, clock: Clock) {
    this.#access = access
    this.#timeoutMs = timeoutMs
    this.#clock = clock
  }

  get url(): URL {
    return this.#access.server
  }

  /**
   * The answer, parsed. A server that is too busy is asked again when it says so.
   * @throws ApiRefusal the server refuses. @throws the driver's error, or Error, where it does not answer.
   */
  async call<T>(method: Dispatcher.HttpMethod, path: string, call: ApiCall = {}): Promise<T> {
    const deadline = this.#clock.monotonic() + (call.timeoutMs ?? this.#timeoutMs)
    for (let isRetry = false; ;) {
      try {
        return await this.#once<T>(method, path, call, deadline)
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error
        if (error.status === 401 && !isRetry) {
          isRetry = true
          this.#believeNoMore()
          continue
        }
        const pauseMs = error.retryAfterS === undefined ? BUSY_PAUSE_MS : error.retryAfterS * 1_000
        if (error.status !== 429 || this.#clock.monotonic() + pauseMs >= deadline || call.signal?.aborted) throw error
        await this.#clock.sleep(pauseMs, call.signal)
      }
    }
  }

  /**
   * The body of an answer that goes on; `silenceMs` without a byte ends it with an error, and so does `signal`.
   * @throws as {@link call}.
   */
  async stream(
    path: string,
    query: Readonly<Record<string, string>>,
    silenceMs: number,
    signal: AbortSignal,
  ): Promise<Readable> {
    const { credentials, streams } = await this.#connections()
    const { statusCode, headers, body } = await streams.request({
      origin: this.#access.server.origin,
      path: this.#pathOf(path, query),
      method: 'GET',
      headers: { ...headersOf(credentials), accept: 'application/json' },
      headersTimeout: this.#timeoutMs,
      bodyTimeout: silenceMs,
      signal: AbortSignal.any([signal, this.#closed.signal]),
    })
    if (statusCode === 200) return body
    const refusal = new ApiRefusal(statusCode, await body.text(), one(headers['retry-after']))
    if (statusCode === 401) this.#believeNoMore()
    throw refusal
  }

  /** Not open yet; who gets it listens for that, and for errors, which do not say what the server said. */
  async socket(
    path: string,
    query: Readonly<Record<string, string>>,
    protocols: readonly string[],
  ): Promise<WebSocket> {
    const { credentials, streams } = await this.#connections()
    const url = new URL(this.#pathOf(path, query), this.#access.server)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    // A node refuses a connection of which it is said what it shall answer in.
    return new WebSocket(url, { protocols: [...protocols], dispatcher: streams, headers: headersOf(credentials) })
  }

  async close(): Promise<void> {
    this.#closed.abort(new PlatformError('ERR_CLOSED', 'the container factory was closed'))
    this.#current = undefined
    await Promise.all(Array.from(this.#all, (agent) => agent.destroy()))
  }

  async #once<T>(method: Dispatcher.HttpMethod, path: string, call: ApiCall, deadline: number): Promise<T> {
    const { query = {}, body, signal } = call
    const late = new AbortController()
    const leftMs = Math.max(1, deadline - this.#clock.monotonic())
    const timer = this.#clock.setTimer(leftMs, () => late.abort(new Error('no answer in time')))
    try {
      const { credentials, requests } = await this.#connections()
      const response = await requests.request({
        origin: this.#access.server.origin,
        path: this.#pathOf(path, query),
        method,
        headers: {
          ...headersOf(credentials),
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body ? JSON.stringify(body) : null,
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      })
      const text = await response.body.text()
      if (response.statusCode < 300) return JSON.parse(text) as T
      throw new ApiRefusal(response.statusCode, text, one(response.headers['retry-after']))
    } finally {
      timer.cancel()
    }
  }

  #pathOf(path: string, query: Readonly<Record<string, string>>): string {
    const parameters = new URLSearchParams(query)
    const base = this.#access.server.pathname.replace(/\/$/, '')
    return `${base}${path}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`
  }

  #believeNoMore(): void {
    this.#readMs = -Infinity
  }

  #connections(): Promise<Connections> {
    const now = this.#clock.monotonic()
    if (this.#current && now - this.#readMs < BELIEVED_FOR_MS) return this.#current
    this.#readMs = now
    const before = this.#current
    const current = this.#connect(before)
    this.#current = current
    current.catch(() => {
      // What was believed before is better than nothing, and is read again next time.
      if (this.#current === current) this.#current = before
      this.#believeNoMore()
    })
    return current
  }

  async #connect(before: Promise<Connections> | undefined): Promise<Connections> {
    const [credentials, known] = await Promise.all([this.#access.credentials(), before?.catch(() => undefined)])
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason
    if (known && JSON.stringify(known.credentials.tls) === JSON.stringify(credentials.tls)) {
      return { ...known, credentials }
    }
    const { tls } = credentials
    const agent = (connections: number | null): Agent => {
      const made = new Agent({
        connections,
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS },
      })
      this.#all.add(made)
      return made
    }
    // Streams of before go on to their end.
    if (known) for (const old of [known.requests, known.streams]) void old.close().then(() => this.#all.delete(old))
    return { credentials, requests: agent(CONNECTIONS), streams: agent(null) }
  }
}

function headersOf({ token }: Credentials): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
