import 'reflect-metadata/lite'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DependencyContainer } from 'tsyringe'
import type { Auth } from '../auth/auth.ts'
import { StoreAuth } from '../auth/store-auth.ts'
import { SubjectAdministration } from '../auth/subject-administration.ts'
import { DEFAULT_RETENTION, RecordRetention } from '../controller/activations/record-retention.ts'
import type { Controller } from '../controller/controller.ts'
import { createController } from '../controller/create-controller.ts'
import { createHttpServer } from '../controller/http/http-server.ts'
import { PlatformError } from '../errors.ts'
import { HostLoad } from '../invoker/host-load.ts'
import { createInvoker } from '../invoker/create-invoker.ts'
import { DEFAULT_INVOKER_OPTIONS, type Invoker } from '../invoker/invoker.ts'
import { isPromise } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { EmitEvent, EventMessage } from '../messages/event-message.ts'
import { MB } from '../model/byte-size.ts'
import { parameterCipher } from '../model/parameter-cipher.ts'
import { STORE_ALL, type StoreLevels } from '../model/store-level.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { within } from '../time/within.ts'
import { CORE_VERSION } from './core-version.ts'
import { EmbeddedClient } from './embedded-client.ts'
import { EventPublisher } from './event-publisher.ts'
import { OpenParts, type Opening } from './open-in-order.ts'
import type { PlatformOptions } from './platform-options.ts'
import { use } from './provide.ts'
import { openings, registerParts } from './register-parts.ts'
import type { Token } from './token.ts'
import {
  ACTIVATION_STORE,
  AUTH,
  CLOCK,
  CLUSTER,
  CONTAINER_FACTORY,
  ENTITY_STORE,
  LIMITS,
  LOAD_BALANCER,
  LOG_STORE,
  LOGGER,
  MANIFEST,
  QUEUE,
  RANDOM,
  RATE_LIMITER,
  SUBJECT_STORE,
} from './tokens.ts'

/**
 * Builds a platform of the given parts and opens it: stores, auth, queue, rate limiter, log store, containers, then
 * controller and invoker. When a part does not open, those that did are closed again.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE the message names the adapter, and the option and fix where there is one.
 */
export async function assemble(options: PlatformOptions): Promise<Platform> {
  const container = registerParts(options)
  const parts = new OpenParts(use(container, LOGGER))
  const platform = new Platform(container, parts, options)
  await parts.open([...openings(container, options), ...platform.engines])
  return platform
}

/** A running platform. */
export class Platform implements AsyncDisposable {
  readonly controller: Controller
  readonly invoker: Invoker
  /** Who may call. Usable while the platform is open. */
  readonly subjects: SubjectAdministration
  readonly #container: DependencyContainer
  readonly #parts: OpenParts
  readonly #retention: RecordRetention | undefined
  readonly #events: EventPublisher | undefined
  readonly #servers: Server[] = []
  readonly #embedded: Server
  #url: string | undefined
  #closing: Promise<void> | undefined

  /** Use {@link assemble}. */
  constructor(container: DependencyContainer, parts: OpenParts, options: PlatformOptions) {
    this.#container = container
    this.#parts = parts
    const shared = {
      queue: use(container, QUEUE),
      entityStore: use(container, ENTITY_STORE),
      activationStore: use(container, ACTIVATION_STORE),
      logStore: use(container, LOG_STORE),
      clock: use(container, CLOCK),
      random: use(container, RANDOM),
      limits: use(container, LIMITS),
      manifest: use(container, MANIFEST),
    }
    const logger: Logger = use(container, LOGGER)
    const cipher = parameterCipher(options.parameterEncryption, shared.random)
    const invokerOptions = {
      ...DEFAULT_INVOKER_OPTIONS,
      ...options.invoker,
      storeLevels: storeLevelsOf(options),
      apiHost: () => options.apiHost ?? this.#url ?? '',
    }
    const load = new HostLoad(shared.clock)
    const { observers = {}, routes } = options
    if (options.userEvents) this.#events = new EventPublisher(shared.queue, logger)
    const emitterOf = eventEmitters(shared.clock, [
      observers.event,
      this.#events && ((event) => this.#events?.publish(event)),
    ])
    this.invoker = createInvoker({
      hostLoad: () => load.share(),
      ...shared,
      instance: {
        id: 0,
        userMemoryBytes: invokerOptions.userMemoryMb * MB,
        tags: [],
        dedicatedNamespaces: [],
      },
      platform: options.platformId ?? 'stemcell',
      containers: use(container, CONTAINER_FACTORY),
      logger: logger.child({ invoker: 0 }),
      ...(observers.invoker && { observer: observers.invoker }),
      ...emitterOf('invoker0'),
      ...(cipher && { unlock: (algorithm, value) => cipher.unlock(algorithm, value) }),
      options: invokerOptions,
    })
    const id = options.controllerId ?? '0'
    this.controller = createController({
      ...shared,
      id,
      auth: use(container, AUTH),
      loadBalancer: use(container, LOAD_BALANCER),
      rateLimiter: use(container, RATE_LIMITER),
      logger: logger.child({ controller: id }),
      ...(options.maxWaiting === undefined ? {} : { maxWaiting: options.maxWaiting }),
      ...(options.api && { api: options.api }),
      ...(routes && { routes }),
      ...(observers.controller && { observer: observers.controller }),
      ...emitterOf(`controller${id}`),
      storeLevels: invokerOptions.storeLevels,
      ...(cipher && { cipher }),
      build: options.build ?? { date: 'unknown', number: CORE_VERSION },
    })
    use(container, CLUSTER).controllers = () => this.controller.clusterSize
    const { retention = DEFAULT_RETENTION } = options
    if (retention !== false) this.#retention = new RecordRetention(retention, { ...shared, logger })
    this.subjects = new SubjectAdministration(use(container, SUBJECT_STORE), {
      random: shared.random,
      onChange: (changed) => forgetIdentities(use(container, AUTH), changed),
    })
    this.#embedded = this.#server()
  }

  /** Controller, invoker and what works in the background, opened after the adapters; in this order, so that the controller hears the invoker. */
  get engines(): readonly Opening[] {
    const retention = this.#retention
    const events = this.#events
    return [
      ...(events ? [{ name: 'events', open: () => events.open(), close: () => events.close() }] : []),
      { name: 'controller', open: () => this.controller.open(), close: () => this.controller.close() },
      { name: 'invoker', open: () => this.invoker.open(), close: () => this.invoker.close() },
      ...(retention ? [{ name: 'retention', open: () => retention.open(), close: () => retention.close() }] : []),
    ]
  }

  /** What stands behind a token of `tokens`: an adapter, the clock, the limits. */
  use<T>(key: Token<T>): T {
    return use(this.#container, key)
  }

  /** Where the platform listens, e.g. `http://127.0.0.1:3233`; undefined when it does not. */
  get url(): string | undefined {
    return this.#url
  }

  /**
   * Serves the REST API on a port; 0 picks a free one. May be called more than once; actions call back on the first.
   * @throws ERR_CONFIG the port is in use or may not be bound; the message names it.
   */
  async listen(address: { readonly host?: string; readonly port: number }): Promise<{ readonly url: string }> {
    const { host = '127.0.0.1', port } = address
    const server = this.#server()
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === 'EADDRINUSE' ? 'is in use; choose another with --port' : `cannot be used (${cause.code})`
        reject(new PlatformError('ERR_CONFIG', `http: ${host}:${port} ${why}`, { cause }))
      })
      server.listen(port, host, resolve)
    })
    this.#servers.push(server)
    const { port: actual } = server.address() as AddressInfo
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
    this.#url ??= url
    return { url }
  }

  /**
   * A client of this platform that needs no port, acting in the given namespace.
   * @throws ERR_CONFIG nobody owns the namespace.
   */
  async client(namespace: string): Promise<EmbeddedClient> {
    const found = use(this.#container, AUTH).identityOf(namespace)
    const identity = isPromise(found) ? await found : found
    if (!identity)
      throw new PlatformError('ERR_CONFIG', `no subject owns the namespace '${namespace}': create one first`)
    return new EmbeddedClient(this.#embedded, identity.authkey)
  }

  /**
   * Stops accepting, lets what runs finish for at most `drainMs` (default 0), ends the rest with a record, and closes
   * every part in reverse order. Idempotent.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(drainMs: number): Promise<void> {
    const clock: Clock = use(this.#container, CLOCK)
    const servers = [...this.#servers.splice(0), this.#embedded]
    const closed = Promise.all(servers.map((server) => closeServer(server, clock)))
    await this.controller.drain(drainMs)
    for (const server of servers) server.closeIdleConnections()
    await within(clock, closed, 1000)
    for (const server of servers) server.closeAllConnections()
    await closed
    await this.#parts.close()
    await this.#container.dispose()
  }

  #server(): Server {
    return createHttpServer(
      (request, response) => this.controller.handle(request, response),
      use(this.#container, RANDOM),
    )
  }
}

function storeLevelsOf({ storeLevels, disableStoreResult = false }: PlatformOptions): StoreLevels {
  const blocking = storeLevels?.blocking ?? (disableStoreResult ? 'failures' : STORE_ALL.blocking)
  return { blocking, nonBlocking: storeLevels?.nonBlocking ?? STORE_ALL.nonBlocking }
}

/** What controllers and invokers tell goes to all listeners, if there are any. */
function eventEmitters(
  clock: Clock,
  listeners: readonly (((event: EventMessage) => void) | undefined)[],
): (source: string) => { readonly emit?: EmitEvent } {
  const present = listeners.filter((listener) => listener !== undefined)
  if (present.length === 0) return () => ({})
  return (source) => ({
    emit({ subject, namespace: { name: namespace, uuid: userId } }, body) {
      const event: EventMessage = { source, subject, namespace, userId, timestamp: clock.now(), body }
      for (const listener of present) listener(event)
    },
  })
}

/** A change made through this platform is seen by it at once, whatever its auth caches. */
function forgetIdentities(auth: Auth, changed: { readonly subject?: string; readonly namespace?: string }): void {
  if (auth instanceof StoreAuth) auth.invalidate(changed)
}

/** Resolves when the last connection is gone; idle ones are closed as they become so. */
function closeServer(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let next: Timer | undefined
    const sweep = (): void => {
      server.closeIdleConnections()
      next = clock.setTimer(20, sweep)
    }
    sweep()
    // A server that never listened calls back with an error, and still has to let its connections go.
    server.close(() => {
      next?.cancel()
      resolve()
    })
  })
}
