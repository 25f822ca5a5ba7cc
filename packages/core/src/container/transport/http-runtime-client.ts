import { createRequire } from 'node:module'
import type undici from 'undici'
import type { Client, Dispatcher } from 'undici'
import { PlatformError, isPlatformError } from '../../errors.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import type { RuntimeClient, RuntimeClientOptions } from './runtime-client.ts'
import { RuntimeReplyReader } from './runtime-reply-reader.ts'
import { waitUntilAnswered } from './wait-until-answered.ts'

/** How a runtime is reached over HTTP. */
export interface HttpRuntimeClientOptions extends RuntimeClientOptions {
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
/**
 * Speaks the action runtime contract with one container over HTTP. The connection stays open between calls; after
 * `disconnect` the next call opens a new one.
 */
export class HttpRuntimeClient implements RuntimeClient {
  readonly #options: HttpRuntimeClientOptions
  #dispatcher: Dispatcher | undefined
  #closed = false
  #pending = 0
  readonly #onEnded = (): void => void this.#pending--

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
  waitReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return waitUntilAnswered(this.#options, (attemptMs) => this.#answers(attemptMs), timeoutMs, signal)
  }

  get pending(): number {
    return this.#pending
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
    const send = (driver: Driver): Promise<RuntimeReply> => this.#sendBy(driver, method, path, body, options)
    return loaded ? send(loaded) : load().then(send)
  }

  #sendBy(
    driver: Driver,
    method: 'GET' | 'POST',
    path: string,
    body: string | null,
    options: CallOptions,
  ): Promise<RuntimeReply> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new PlatformError('ERR_NOT_REACHED', 'the container is gone'))
        return
      }
      this.#dispatcher ??= connect(driver, this.#options)
      this.#pending++
      const reader = new RuntimeReplyReader(options, this.#options.clock, this.#onEnded, resolve, reject)
      this.#dispatcher.dispatch({ method, path, headers: HEADERS, body }, reader)
    })
  }
}

type Driver = Pick<typeof undici, 'Client' | 'Pool'>

let loaded: Driver | undefined

/**
 * The driver is loaded for the first container that speaks HTTP: ours do not, and it takes a tenth of the start. An import
 * that failed once, for want of a descriptor for example, fails for ever; `require` tries again.
 */
async function load(): Promise<Driver> {
  try {
    loaded = await import('undici')
  } catch {
    loaded = createRequire(import.meta.url)('undici') as Driver
  }
  return loaded
}

function connect(
  { Client, Pool }: Driver,
  { endpoint, maxConcurrent, idleMs = 600_000 }: HttpRuntimeClientOptions,
): Dispatcher {
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
