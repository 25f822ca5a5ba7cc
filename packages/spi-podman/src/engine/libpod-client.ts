import { PlatformError, type Clock } from '@stemcell/core'
import type { Duplex } from 'node:stream'
import { Pool, type Dispatcher } from 'undici'

/** The oldest version that all engines since 4.0 understand. */
const VERSION = '/v4.0.0/libpod'

export interface LibpodCall {
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the client's. */
  readonly timeoutMs?: number
}

export interface LibpodAnswer {
  readonly status: number
  /** Parsed JSON, or text that is none. */
  readonly body: unknown
}

/** Calls Podman's own API over its unix socket. An answer is an answer, whatever its status. */
export class LibpodClient {
  readonly #socketPath: string
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #pool: Pool

  constructor(socketPath: string, timeoutMs: number, clock: Clock) {
    this.#socketPath = socketPath
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#pool = new Pool('http://podman', {
      socketPath,
      pipelining: 1,
      // The calls' own time limits cover everything, on the injected clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: 0,
    })
  }

  /** @throws ERR_UNAVAILABLE no answer in time; what was asked for may have happened. */
  call(method: Dispatcher.HttpMethod, path: string, call: LibpodCall = {}): Promise<LibpodAnswer> {
    const { query = {}, body, headers = {}, timeoutMs = this.#timeoutMs } = call
    return this.#limited(path, timeoutMs, async (signal) => {
      const response = await this.#pool.request({
        method,
        path: `${VERSION}${path}${queryText(query)}`,
        headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
        body: body ? JSON.stringify(body) : null,
        signal,
      })
      return { status: response.statusCode, body: parsed(await response.body.text()) }
    })
  }

  /** Turns a call into a plain connection. @throws ERR_UNAVAILABLE it was not to be had. */
  async upgrade(path: string, query: LibpodCall['query'] = {}): Promise<Duplex> {
    const { socket } = await this.#limited(path, this.#timeoutMs, (signal) =>
      this.#pool.upgrade({ method: 'POST', path: `${VERSION}${path}${queryText(query)}`, protocol: 'tcp', signal }),
    )
    return socket
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #limited<T>(path: string, timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const timer = this.#clock.setTimer(timeoutMs, () => late.abort())
    try {
      return await call(late.signal)
    } catch (cause) {
      const why = late.signal.aborted ? `no answer within ${timeoutMs} ms` : codeOf(cause)
      throw new PlatformError('ERR_UNAVAILABLE', `podman at ${this.#socketPath}, ${path}: ${why}`, { cause })
    } finally {
      timer.cancel()
    }
  }
}

export function isSuccess({ status }: LibpodAnswer): boolean {
  return status >= 200 && status < 300
}

/** What the engine said when it refused; meant for operators. */
export function reasonOf({ status, body }: LibpodAnswer): string {
  const { message } = (typeof body === 'object' && body !== null ? body : {}) as { readonly message?: unknown }
  return typeof message === 'string' ? message : `HTTP ${status}`
}

function queryText(query: Readonly<Record<string, string | readonly string[]>>): string {
  const parameters = new URLSearchParams()
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) parameters.append(name, value)
  return parameters.size > 0 ? `?${parameters.toString()}` : ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
