import type { RequestListener } from 'node:http'
import type { DependencyContainer } from 'tsyringe'
import type { SubjectAdministration } from '../auth/subject-administration.ts'
import type { Controller } from '../controller/controller.ts'
import { PlatformError } from '../errors.ts'
import { isPromise } from '../lifecycle.ts'
import { parseJson } from '../model/parse-json.ts'
import { duplexPair } from './duplex-pair.ts'
import { EmbeddedClient } from './embedded-client.ts'
import type { Engines } from './engines.ts'
import { fetchOver } from './fetch-request.ts'
import { checkAddress, HttpListeners, type ListenOptions } from './http-listeners.ts'
import { mountedPaths, withMounts } from './mount.ts'
import type { Opening, OpenParts } from './open-in-order.ts'
import { use } from './provide.ts'
import type { Token } from './token.ts'
import { AUTH, CLOCK, LOGGER, RANDOM } from './tokens.ts'
import { keepAlive } from '../time/keep-alive.ts'

/** How long a connection is kept for a request that may be on its way, when the node closes in peace, ms. */
const LINGER_MS = 250

/** A running controller with its adapters. */
export class ControllerNode implements AsyncDisposable {
  readonly controller: Controller
  /** Who may call. Usable while the node is open. */
  readonly subjects: SubjectAdministration
  protected readonly listeners: HttpListeners
  readonly #container: DependencyContainer
  readonly #parts: OpenParts
  readonly #engines: Engines
  readonly #systemPackages: readonly Opening[]
  /** Called once everything is closed. */
  readonly #onClosed: () => void
  #closing: Promise<void> | undefined
  #closed = false

  /** Use `assemble` or `assembleController`. */
  constructor(
    container: DependencyContainer,
    parts: OpenParts,
    engines: Engines,
    clustered: boolean,
    apiHost: string | undefined,
    onClosed: () => void,
  ) {
    this.#container = container
    this.#parts = parts
    this.#engines = engines
    this.controller = engines.controller(
      clustered,
      (key) => new EmbeddedClient(this.listeners, key, parseJson),
      () => apiHost ?? this.url ?? '',
    )
    this.#systemPackages = engines.systemPackages
    this.#onClosed = onClosed
    this.subjects = engines.subjects(this.controller)
    const { controller } = this
    this.listeners = new HttpListeners(
      withMounts(engines.mounts, (request, response) => controller.handle(request, response), use(container, LOGGER)),
      use(container, CLOCK),
      use(container, RANDOM),
      use(container, LOGGER),
      mountedPaths(engines.mounts),
    )
  }

  /** What is opened after the adapters, in this order. */
  get openings(): readonly Opening[] {
    const { controller } = this
    return [
      ...this.#engines.background,
      { name: 'controller', open: () => controller.open(), close: () => controller.close() },
      ...this.besides,
      ...this.#engines.retention,
      ...this.#systemPackages,
    ]
  }

  /** Opened once the controller hears what is said. */
  protected get besides(): readonly Opening[] {
    return []
  }

  /** What stands behind a token of `tokens`: an adapter, the clock, the limits. @throws ERR_CLOSED the node is closed. */
  use<T>(key: Token<T>): T {
    if (this.#closed) throw closed('use')
    return use(this.#container, key)
  }

  /** Where the REST API listens, e.g. `http://127.0.0.1:3233`, or `https://…`; undefined when it does not. */
  get url(): string | undefined {
    return this.listeners.url
  }

  /**
   * Serves the REST API on a port; 0 picks a free one. May be called more than once; actions call back on the first.
   * With `tls` it is served over HTTP/1.1 and HTTP/2; files that were renewed are used from the next connection on.
   * @throws ERR_CONFIG the port is in use or may not be bound, or the certificate does not fit its key; the message names it.
   * @throws ERR_CLOSED the node is closing, or closed.
   */
  async listen(address: ListenOptions): Promise<{ readonly url: string }> {
    this.#requireOpen('listen')
    return { url: await keepAlive(this.listeners.listen(checkAddress(address))) }
  }

  /**
   * Answers a request that came to a server of the caller's, as a listener of `node:http`, in express or in fastify. The
   * server stays the caller's: its limits and time-outs hold. A body that a parser has read already is taken from
   * `request.rawBody` or `request.body`. Once the node is closed, every answer is 503.
   */
  get handler(): RequestListener {
    return this.listeners.handed
  }

  /**
   * Answers a request in the form of the web's `fetch`, without a port. Bodies stream; aborting the request's signal gives
   * it up. Keeps the process alive until the head of the response is there.
   * @throws ERR_CLOSED the node is closed.
   * @throws ERR_UNAVAILABLE the connection broke, as it does while the platform closes.
   */
  readonly fetch = async (input: Request | URL | string, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request && !init ? input : new Request(input, init)
    const [client, server] = duplexPair()
    this.listeners.connect(server)
    return keepAlive(fetchOver(client, request))
  }

  /**
   * A client of this node that needs no port, acting in the given namespace.
   * @throws ERR_CONFIG nobody owns the namespace.
   * @throws ERR_CLOSED the node is closing, or closed.
   */
  async client(namespace: string): Promise<EmbeddedClient> {
    this.#requireOpen('client')
    const found = use(this.#container, AUTH).identityOf(namespace)
    const identity = isPromise(found) ? await keepAlive(found) : found
    if (!identity)
      throw new PlatformError('ERR_CONFIG', `no subject owns the namespace '${namespace}': create one first`)
    return new EmbeddedClient(this.listeners, identity.authkey)
  }

  /**
   * Stops accepting, lets what runs finish for at most `drainMs` (default 0), ends the rest with a record, and closes
   * every part in reverse order. Idempotent.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0)
    return keepAlive(this.#closing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(drainMs: number): Promise<void> {
    // What works by itself starts nothing more; its close is repeated with the other parts, and does nothing then.
    await Promise.allSettled(this.#systemPackages.map((opened) => opened.close()))
    await this.listeners.close(() => this.controller.drain(drainMs), Math.min(drainMs, LINGER_MS))
    await this.#parts.close()
    this.#closed = true
    await this.#container.dispose()
    this.#onClosed()
  }

  #requireOpen(method: string): void {
    if (this.#closing) throw closed(method)
  }
}

function closed(method: string): PlatformError {
  return new PlatformError('ERR_CLOSED', `${method}: the platform is closed; assemble a new one`)
}
