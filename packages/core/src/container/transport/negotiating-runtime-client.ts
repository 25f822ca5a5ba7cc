import { isPlatformError } from '../../errors.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import { FramedRuntimeClient } from './framed-runtime-client.ts'
import { HttpRuntimeClient } from './http-runtime-client.ts'
import type { RuntimeClient, RuntimeClientOptions } from './runtime-client.ts'
import { waitUntilAnswered } from './wait-until-answered.ts'

/** Who has not spoken frames for so long may be a server of HTTP that hangs up when it is asked. */
const HANGS_UP_MS = 1_000

/** For our own runtimes: frames where the runtime takes them up when it is asked, and HTTP where it is an older one. */
export class NegotiatingRuntimeClient implements RuntimeClient {
  readonly #options: RuntimeClientOptions
  readonly #http: HttpRuntimeClient
  readonly #framed: FramedRuntimeClient
  #chosen: HttpRuntimeClient | FramedRuntimeClient
  /** When nobody answered for the first time, monotonic ms. */
  #firstSilenceMs: number | undefined

  constructor(options: RuntimeClientOptions) {
    this.#options = options
    // Our runtimes refuse a run before its init and keep no trace of it.
    this.#http = new HttpRuntimeClient({ ...options, primePath: '/run' })
    this.#framed = new FramedRuntimeClient(options)
    this.#chosen = this.#http
  }

  /** What was agreed upon; HTTP until something was. */
  get transport(): 'frames' | 'http' {
    return this.#chosen === this.#framed ? 'frames' : 'http'
  }

  get pending(): number {
    return this.#http.pending + this.#framed.pending
  }

  init(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#chosen.init(body, options)
  }

  run(body: string, options: CallOptions): Promise<RuntimeReply> {
    return this.#chosen.run(body, options)
  }

  recall(): void {
    this.#framed.recall()
  }

  waitReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return waitUntilAnswered(this.#options, (attemptMs) => this.#agree(attemptMs), timeoutMs, signal)
  }

  async disconnect(): Promise<void> {
    this.#framed.disconnect()
    await this.#http.disconnect()
  }

  async close(): Promise<void> {
    await Promise.all([this.#framed.close(), this.#http.close()])
  }

  async #agree(timeoutMs: number): Promise<boolean> {
    let greeting = await this.#framed.open(timeoutMs)
    if (greeting === 'nothing') {
      // Not up yet: one that is ours need not load its HTTP stack for our impatience.
      const now = this.#options.clock.monotonic()
      this.#firstSilenceMs ??= now
      if (now - this.#firstSilenceMs < HANGS_UP_MS) return false
      // Or a server that hangs up on what it does not know. One that came up just now is asked again.
      if (!(await primes(this.#http, timeoutMs))) return false
      greeting = await this.#framed.open(timeoutMs)
      if (greeting !== 'frames') return true
    }
    this.#chosen = greeting === 'frames' ? this.#framed : this.#http
    return primes(this.#chosen, timeoutMs)
  }
}

async function primes(client: HttpRuntimeClient | FramedRuntimeClient, timeoutMs: number): Promise<boolean> {
  try {
    await client.prime(timeoutMs)
    return true
  } catch (error) {
    if (isPlatformError(error)) return false
    throw error
  }
}
