import type { DependencyContainer } from 'tsyringe'
import { SubjectAdministration } from '../auth/subject-administration.ts'
import { DEFAULT_RETENTION, RecordRetention } from '../controller/activations/record-retention.ts'
import type { Controller } from '../controller/controller.ts'
import { createController } from '../controller/create-controller.ts'
import { createInvoker } from '../invoker/create-invoker.ts'
import { HostLoad } from '../invoker/host-load.ts'
import type { Invoker } from '../invoker/invoker.ts'
import type { Logger } from '../log.ts'
import type { EmitEvent, EventMessage } from '../messages/event-message.ts'
import { invokerTopic, type InvokerInstance } from '../messages/invoker-instance.ts'
import { MB } from '../model/byte-size.ts'
import type { AuthKey } from '../model/identity.ts'
import { parameterCipher } from '../model/parameter-cipher.ts'
import { STORE_ALL, type StoreLevels } from '../model/store-level.ts'
import { firstFault } from '../plug-in/first-fault.ts'
import { guardedListener } from '../plug-in/guarded-listener.ts'
import type { ApiClient, SystemPackage } from '../system-packages/system-package.ts'
import type { Clock } from '../time/clock.ts'
import { buildInfo } from './build-info.ts'
import { EventPublisher } from './event-publisher.ts'
import type { Mount } from './mount.ts'
import type { Opening } from './open-in-order.ts'
import type { Settings } from './options/check-options.ts'
import type { NodeOptions } from './platform-options.ts'
import { use } from './provide.ts'
import { buildSystemPackages } from './register-parts.ts'
import * as tokens from './tokens.ts'

/** Where the console is, where there is one. */
const CONSOLE = '/console'

/** Makes controllers and invokers of the parts in a container. */
export class Engines {
  readonly #container: DependencyContainer
  readonly #options: NodeOptions
  readonly #settings: Settings
  readonly #logger: Logger
  readonly #storeLevels: StoreLevels
  readonly #cipher: ReturnType<typeof parameterCipher>
  readonly #events: EventPublisher | undefined
  readonly #eventObserver: ((event: EventMessage) => void) | undefined
  readonly #shared
  #systemPackages: readonly SystemPackage[] = []

  constructor(container: DependencyContainer, options: NodeOptions, settings: Settings) {
    this.#container = container
    this.#options = options
    this.#settings = settings
    this.#logger = use(container, tokens.LOGGER)
    this.#storeLevels = storeLevelsOf(options)
    this.#shared = {
      queue: use(container, tokens.QUEUE),
      entityStore: use(container, tokens.ENTITY_STORE),
      activationStore: use(container, tokens.ACTIVATION_STORE),
      logStore: use(container, tokens.LOG_STORE),
      clock: use(container, tokens.CLOCK),
      random: use(container, tokens.RANDOM),
      limits: use(container, tokens.LIMITS),
      manifest: use(container, tokens.MANIFEST),
    }
    this.#cipher = parameterCipher(options.parameterEncryption, this.#shared.random)
    const { event } = options.observers ?? {}
    this.#eventObserver = event && guardedListener(event, firstFault(this.#logger, 'event observer'))
    if (options.userEvents) this.#events = new EventPublisher(this.#shared.queue, this.#logger)
  }

  get mounts(): readonly Mount[] {
    return this.#options.mounts ?? []
  }

  /** What an invoker is called when nothing else is said. */
  instance(id: number): InvokerInstance {
    const { userMemoryMb } = this.#settings.invoker
    const { uniqueName, displayedName, tags = [], dedicatedNamespaces = [] } = this.#options.invokerInstance ?? {}
    return {
      id,
      userMemoryBytes: userMemoryMb * MB,
      tags,
      dedicatedNamespaces,
      ...(uniqueName === undefined ? {} : { uniqueName }),
      ...(displayedName === undefined ? {} : { displayedName }),
    }
  }

  invoker(instance: InvokerInstance, apiHost: () => string): Invoker {
    const { observers, platformId = 'stemcell' } = this.#options
    const { userCpus, ...invoker } = this.#settings.invoker
    const { POOL_POLICY } = tokens
    const load = new HostLoad(this.#shared.clock)
    const cipher = this.#cipher
    return createInvoker({
      hostLoad: () => load.share(),
      ...this.#shared,
      instance,
      platform: platformId,
      containers: use(this.#container, tokens.CONTAINER_FACTORY),
      logger: this.#logger.child({ invoker: instance.id }),
      ...(observers?.invoker && { observer: observers.invoker }),
      ...this.#emitter(invokerTopic(instance.id)),
      ...(cipher && { unlock: (algorithm, value) => cipher.unlock(algorithm, value) }),
      ...(this.#container.isRegistered(POOL_POLICY) && { policy: use(this.#container, POOL_POLICY) }),
      options: {
        ...invoker,
        ...(userCpus === undefined ? {} : { userCpus }),
        storeLevels: this.#storeLevels,
        apiHost,
      },
    })
  }

  /** `clustered`: others share the queue with it. */
  controller(clustered: boolean, clientOf: (key: AuthKey) => ApiClient, apiHost: () => string): Controller {
    this.#systemPackages = buildSystemPackages(this.#container, this.#options, {
      clientOf,
      clustered,
      fire: (firing) => controller.fire(firing),
      invoke: (invocation) => controller.invoke(invocation),
      handle: (request, response) => controller.handle(request, response),
    })
    const { observers, controllerId: id = '0', api, routes, links, tracer, build } = this.#options
    const controller: Controller = createController({
      ...this.#shared,
      id,
      clustered,
      system: { packages: this.#systemPackages, clientOf, apiHost },
      auth: use(this.#container, tokens.AUTH),
      loadBalancer: use(this.#container, tokens.LOAD_BALANCER),
      rateLimiter: use(this.#container, tokens.RATE_LIMITER),
      logger: this.#logger.child({ controller: id }),
      maxWaiting: this.#settings.maxWaiting,
      ...(api && { api }),
      ...(routes && { routes }),
      ...(links && { links }),
      ...(this.mounts.some(({ path }) => path === CONSOLE) && { console: CONSOLE }),
      ...(tracer && { tracer }),
      ...(observers?.controller && { observer: observers.controller }),
      ...this.#emitter(`controller${id}`),
      storeLevels: this.#storeLevels,
      logsOutliveRecords: mayLeaveNone(this.#storeLevels),
      ...(this.#cipher && { cipher: this.#cipher }),
      build: build ?? buildInfo(),
    })
    use(this.#container, tokens.CLUSTER).controllers = () => controller.clusterSize
    return controller
  }

  /** `controller`: is told of changes, so that it sees them at once, whatever its auth remembers. */
  subjects(controller: Controller): SubjectAdministration {
    return new SubjectAdministration(use(this.#container, tokens.SUBJECT_STORE), {
      random: this.#shared.random,
      onChange: (changed) => controller.subjectChanged(changed),
    })
  }

  /** The packages that run inside the controller, to be opened once it takes requests. */
  get systemPackages(): readonly Opening[] {
    return this.#systemPackages.map((pkg) => ({
      name: `system package ${pkg.name}`,
      open: async () => pkg.open?.(),
      close: async () => pkg.close?.(),
    }))
  }

  /** What works in the background of every node. */
  get background(): readonly Opening[] {
    const events = this.#events
    return events ? [{ name: 'events', open: () => events.open(), close: () => events.close() }] : []
  }

  /** Removes records that have grown old. */
  get retention(): readonly Opening[] {
    const { retention = DEFAULT_RETENTION } = this.#options
    if (retention === false) return []
    const job = new RecordRetention(retention, { ...this.#shared, logger: this.#logger })
    return [{ name: 'retention', open: () => job.open(), close: () => job.close() }]
  }

  /** What controllers and invokers tell goes to all listeners, if there are any. */
  #emitter(source: string): { readonly emit?: EmitEvent } {
    const listeners = [this.#eventObserver, this.#publish()].filter((listener) => listener !== undefined)
    const { clock }: { readonly clock: Clock } = this.#shared
    if (listeners.length === 0) return {}
    return {
      emit({ subject, namespace: { name: namespace, uuid: userId } }, body) {
        const event: EventMessage = { source, subject, namespace, userId, timestamp: clock.now(), body }
        for (const listener of listeners) listener(event)
      },
    }
  }

  #publish(): ((event: EventMessage) => void) | undefined {
    const events = this.#events
    return events && ((event) => events.publish(event))
  }
}

function storeLevelsOf({ storeLevels, disableStoreResult = false }: NodeOptions): StoreLevels {
  const blocking = storeLevels?.blocking ?? (disableStoreResult ? 'failures' : STORE_ALL.blocking)
  return { blocking, nonBlocking: storeLevels?.nonBlocking ?? STORE_ALL.nonBlocking }
}

/** Whether there are activations that leave no record and may have logs all the same. */
function mayLeaveNone({ blocking, nonBlocking }: StoreLevels): boolean {
  return blocking !== 'always' || nonBlocking !== 'always'
}
