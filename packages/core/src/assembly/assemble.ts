import 'reflect-metadata/lite'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { container as rootContainer, type DependencyContainer } from 'tsyringe'
import { satisfies } from 'semver'
import type { Auth } from '../auth/auth.ts'
import { StoreAuth, storeAuth } from '../auth/store-auth.ts'
import { SubjectAdministration } from '../auth/subject-administration.ts'
import type { Controller } from '../controller/controller.ts'
import { createController } from '../controller/create-controller.ts'
import { createHttpServer } from '../controller/http/http-server.ts'
import { PlatformError } from '../errors.ts'
import { HostLoad } from '../invoker/host-load.ts'
import { createInvoker } from '../invoker/create-invoker.ts'
import { DEFAULT_INVOKER_OPTIONS, type Invoker } from '../invoker/invoker.ts'
import { isPromise, type Lifecycle } from '../lifecycle.ts'
import { leastLoadedBalancer } from '../load-balancer/least-loaded-balancer.ts'
import { recordLogStore } from '../log-store/record-log-store.ts'
import { silentLogger, type Logger } from '../log.ts'
import { MB } from '../model/byte-size.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../model/platform-limits.ts'
import { RuntimesManifest } from '../model/runtimes-manifest.ts'
import { memoryQueue } from '../queue/memory-queue.ts'
import { localRateLimiter } from '../rate-limiter/local-rate-limiter.ts'
import { memoryActivationStore, memoryEntityStore, memorySubjectStore } from '../store/memory-stores.ts'
import type { Clock } from '../time/clock.ts'
import { SystemClock } from '../time/system-clock.ts'
import { SystemRandom } from '../time/system-random.ts'
import type { Adapter, AdapterContext } from './adapter.ts'
import { CORE_VERSION } from './core-version.ts'
import { DEFAULT_MANIFEST } from './default-manifest.ts'
import { EmbeddedClient } from './embedded-client.ts'
import { OpenParts, type Opening } from './open-in-order.ts'
import type { Part, PlatformOptions } from './platform-options.ts'
import { provide, use } from './provide.ts'
import type { Token } from './token.ts'
import {
  ACTIVATION_STORE,
  AUTH,
  CLOCK,
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
  const container = register(options)
  const parts = new OpenParts(use(container, LOGGER))
  const platform = new Platform(container, parts, options)
  await parts.open([...adapters(container, options), ...platform.engines])
  return platform
}

/** Registers each part under its token, in a container of its own. */
function register(options: PlatformOptions): DependencyContainer {
  const container = rootContainer.createChildContainer()
  const logger = options.logger ?? silentLogger
  provide(container, LOGGER, () => logger)
  provide(container, CLOCK, () => options.clock ?? new SystemClock())
  provide(container, RANDOM, () => options.random ?? new SystemRandom())
  provide(container, LIMITS, () => ({ ...DEFAULT_PLATFORM_LIMITS, ...options.limits }))
  provide(container, MANIFEST, () => new RuntimesManifest(options.manifest ?? DEFAULT_MANIFEST))

  const part = <T, C extends AdapterContext>(
    key: Token<T>,
    given: Part<T, C>,
    more: (c: DependencyContainer) => Omit<C, keyof AdapterContext>,
  ): void => provide(container, key, (c) => (isAdapter(given) ? build(given, c, more(c)) : given))
  const nothing = (): object => ({})

  part(QUEUE, options.queue ?? memoryQueue(), nothing)
  part(ENTITY_STORE, options.entityStore ?? memoryEntityStore(), nothing)
  part(SUBJECT_STORE, options.subjectStore ?? memorySubjectStore(), nothing)
  part(ACTIVATION_STORE, options.activationStore ?? memoryActivationStore(), nothing)
  part(AUTH, options.auth ?? storeAuth(), (c) => ({ subjectStore: use(c, SUBJECT_STORE) }))
  part(LOAD_BALANCER, options.loadBalancer ?? leastLoadedBalancer(), nothing)
  part(RATE_LIMITER, options.rateLimiter ?? localRateLimiter(), nothing)
  part(LOG_STORE, options.logStore ?? recordLogStore(), nothing)
  part(CONTAINER_FACTORY, options.containers, nothing)
  return container
}

function isAdapter<T, C extends AdapterContext>(part: Part<T, C>): part is Adapter<T, C> {
  return typeof (part as Partial<Adapter<T, C>>).build === 'function'
}

function build<T, C extends AdapterContext>(
  adapter: Adapter<T, C>,
  container: DependencyContainer,
  more: Omit<C, keyof AdapterContext>,
): T {
  if (!satisfies(CORE_VERSION, adapter.core, { includePrerelease: true })) {
    throw new PlatformError(
      'ERR_CONFIG',
      `${adapter.name} was built for @stemcell/core ${adapter.core}, this is ${CORE_VERSION}: install versions that fit`,
    )
  }
  const context: AdapterContext = {
    clock: use(container, CLOCK),
    random: use(container, RANDOM),
    logger: use(container, LOGGER).child({ adapter: adapter.name }),
  }
  return adapter.build({ ...context, ...more } as C)
}

/** The adapters in the order of their dependencies. */
function adapters(container: DependencyContainer, options: PlatformOptions): Opening[] {
  const order: readonly (readonly [keyof PlatformOptions, Token<Partial<Lifecycle>>])[] = [
    ['subjectStore', SUBJECT_STORE],
    ['entityStore', ENTITY_STORE],
    ['activationStore', ACTIVATION_STORE],
    ['auth', AUTH],
    ['queue', QUEUE],
    ['rateLimiter', RATE_LIMITER],
    ['logStore', LOG_STORE],
    ['containers', CONTAINER_FACTORY],
  ] as const
  return order.map(([option, key]) => {
    const given = options[option]
    const name = typeof given === 'object' && 'build' in given && 'name' in given ? given.name : 'built-in'
    const part = use(container, key)
    return {
      name: `${option} (${String(name)})`,
      open: async () => part.open?.(),
      close: async () => part.close?.(),
    }
  })
}

/** A running platform. */
export class Platform implements AsyncDisposable {
  readonly controller: Controller
  readonly invoker: Invoker
  /** Who may call. Usable while the platform is open. */
  readonly subjects: SubjectAdministration
  readonly #container: DependencyContainer
  readonly #parts: OpenParts
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
    const invokerOptions = {
      ...DEFAULT_INVOKER_OPTIONS,
      ...options.invoker,
      apiHost: () => options.apiHost ?? this.#url ?? '',
    }
    const load = new HostLoad(shared.clock)
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
      ...(invokerOptions.storeLevels && { storeLevels: invokerOptions.storeLevels }),
      build: options.build ?? { date: 'unknown', number: CORE_VERSION },
    })
    this.subjects = new SubjectAdministration(use(container, SUBJECT_STORE), {
      random: shared.random,
      onChange: (changed) => forgetIdentities(use(container, AUTH), changed),
    })
    this.#embedded = this.#server()
  }

  /** Controller and invoker, opened after the adapters; in this order, so that the controller hears the invoker. */
  get engines(): readonly Opening[] {
    return [
      { name: 'controller', open: () => this.controller.open(), close: () => this.controller.close() },
      { name: 'invoker', open: () => this.invoker.open(), close: () => this.invoker.close() },
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
    await Promise.race([closed, clock.sleep(1000)])
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

/** A change made through this platform is seen by it at once, whatever its auth caches. */
function forgetIdentities(auth: Auth, changed: { readonly subject?: string; readonly namespace?: string }): void {
  if (auth instanceof StoreAuth) auth.invalidate(changed)
}

/** Resolves when the last connection is gone; idle ones are closed as they become so. */
function closeServer(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let open = true
    server.close(() => {
      open = false
      resolve()
    })
    // A server that never listened calls back with an error, and still has to let its connections go.
    const sweep = (): void => {
      if (!open) return
      server.closeIdleConnections()
      clock.setTimer(20, sweep)
    }
    sweep()
  })
}
