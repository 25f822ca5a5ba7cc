import { existsSync } from 'node:fs'
import { Client, Pool, type Dispatcher } from 'undici'
import { PlatformError, isPlatformError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import type { CallOptions, RuntimeReply } from './container-factory.ts'
import { RuntimeReplyReader } from './runtime-reply-reader.ts'

/** Where a runtime listens. */
export type RuntimeEndpoint = { readonly socketPath: string } | { readonly host: string; readonly port: number }

export interface HttpRuntimeClientOptions {
  readonly endpoint: RuntimeEndpoint
  /** Connections kept open, one per concurrent run. */
  readonly maxConcurrent: number
  readonly clock: Clock
  /** A connection unused for so long is closed. Default 600 000. */
  readonly idleMs?: number
  /**
   * Where dummy requests go. `/`, the default, is harmless for every image: a user's own may run its code on any
   * `/run`, or take any `/init` for the one that counts. A runtime known to refuse both is primed better by them.
   */
  readonly primePath?: '/' | '/init' | '/run'
}

const HEADERS = ['accept', 'application/json', 'content-type', 'application/json']
/** Of the dummy requests: their answers are thrown away. */
const DUMMY_REPLY_BYTES = 65_536
/** Starts take 30 to 500 ms: a look costs little, and every millisecond between two of them is lost. */
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 20
/** A published port can accept before anything listens behind it, so one attempt must not take all the time. */
const ATTEMPT_MS = 1_000

/**
 * Speaks the action runtime contract with one container over HTTP. The connection stays open between calls; after
 * `disconnect` the next call opens a new one.
 */
export class HttpRuntimeClient {
  readonly #options: HttpRuntimeClientOptions
  #dispatcher: Dispatcher | undefined
  #closed = false

  constructor(options: HttpRuntimeClientOptions) {
    this.#options = options
  }

  /**
   * As {@link Container.init}.
   * @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST, ERR_TIMEOUT
   */
  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#send('POST', '/init', body, options)
  }

  /**
   * As {@link Container.run}.
   * @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST, ERR_TIMEOUT
   */
  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#send('POST', '/run', body, options)
  }

  /**
   * Resolves once the runtime answers HTTP, whatever the answer. Each attempt is a dummy request, so the runtime is
   * primed as well. Resolves without success when `signal` aborts: the caller looks at the signal.
   * @throws ERR_TIMEOUT no answer within `timeoutMs`.
   */
  async waitReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.monotonic() + timeoutMs
    for (let pauseMs = FIRST_PAUSE_MS; !signal?.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.02)) {
      const leftMs = deadline - clock.monotonic()
      if (leftMs <= 0) throw new PlatformError('ERR_TIMEOUT', `the runtime did not answer within ${timeoutMs} ms`)
      if (this.#mayListen() && (await this.#answers(Math.min(leftMs, ATTEMPT_MS)))) return
      await clock.sleep(pauseMs, signal)
    }
  }

  /**
   * Sends one request that runs no user code, so that the first real one finds everything loaded.
   * @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST, ERR_TIMEOUT
   */
  async prime(timeoutMs: number): Promise<void> {
    const { primePath = '/' } = this.#options
    const options = { timeoutMs, maxReplyBytes: DUMMY_REPLY_BYTES, truncateAtBytes: DUMMY_REPLY_BYTES }
    await (primePath === '/' ? this.#send('GET', '/', null, options) : this.#send('POST', primePath, '{}', options))
  }

  /** Closes idle connections; calls in progress fail with ERR_CONNECTION_LOST. For a container about to be suspended. */
  async disconnect(): Promise<void> {
    const dispatcher = this.#dispatcher
    this.#dispatcher = undefined
    await dispatcher?.destroy()
  }

  /** Like `disconnect`, for good: later calls fail with ERR_NOT_REACHED. */
  async close(): Promise<void> {
    this.#closed = true
    await this.disconnect()
  }

  #mayListen(): boolean {
    const { endpoint } = this.#options
    return !('socketPath' in endpoint) || existsSync(endpoint.socketPath)
  }

  async #answers(timeoutMs: number): Promise<boolean> {
    try {
      await this.prime(timeoutMs)
      return true
    } catch (error) {
      if (isPlatformError(error)) return false
      throw error
    }
  }

  #send(method: 'GET' | 'POST', path: string, body: string | null, options: CallOptions): Promise<RuntimeReply> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new PlatformError('ERR_NOT_REACHED', 'the container is gone'))
        return
      }
      this.#dispatcher ??= connect(this.#options)
      const reader = new RuntimeReplyReader(options, this.#options.clock, resolve, reject)
      this.#dispatcher.dispatch({ method, path, headers: HEADERS, body }, reader)
    })
  }
}

function connect({ endpoint, maxConcurrent, idleMs = 600_000 }: HttpRuntimeClientOptions): Dispatcher {
  const unix = 'socketPath' in endpoint
  const origin = unix ? 'http://localhost' : `http://${hostText(endpoint.host)}:${endpoint.port}`
  const options: Client.Options = {
    pipelining: 1,
    // The caller's own time limit covers everything, on the injected clock.
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: 0,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    ...(unix && { socketPath: endpoint.socketPath }),
  }
  return maxConcurrent === 1
    ? new Client(origin, options)
    : new Pool(origin, { ...options, connections: maxConcurrent })
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
