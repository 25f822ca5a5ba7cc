import 'reflect-metadata/lite'
import { container as rootContainer, type DependencyContainer } from 'tsyringe'
import { satisfies } from 'semver'
import { storeAuth } from '../auth/store-auth.ts'
import { PlatformError } from '../errors.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { leastLoadedBalancer } from '../load-balancer/least-loaded-balancer.ts'
import { recordLogStore } from '../log-store/record-log-store.ts'
import { silentLogger } from '../log.ts'
import { DEFAULT_PLATFORM_LIMITS, type PlatformLimits } from '../model/platform-limits.ts'
import { RuntimesManifest } from '../model/runtimes-manifest.ts'
import { memoryQueue } from '../queue/memory-queue.ts'
import { localRateLimiter } from '../rate-limiter/local-rate-limiter.ts'
import { memoryActivationStore, memoryEntityStore, memorySubjectStore } from '../store/memory-stores.ts'
import { SystemClock } from '../time/system-clock.ts'
import { SystemRandom } from '../time/system-random.ts'
import type { Adapter, AdapterContext } from './adapter.ts'
import { CORE_VERSION } from './core-version.ts'
import { DEFAULT_MANIFEST } from './default-manifest.ts'
import type { Opening } from './open-in-order.ts'
import type { NodeOptions, Part } from './platform-options.ts'
import { provide, use } from './provide.ts'
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

/** Registers each part under its token, in a container of its own. */
export function registerParts(options: NodeOptions): DependencyContainer {
  const container = rootContainer.createChildContainer()
  const logger = options.logger ?? silentLogger
  provide(container, LOGGER, () => logger)
  provide(container, CLOCK, () => options.clock ?? new SystemClock())
  provide(container, RANDOM, () => options.random ?? new SystemRandom())
  provide(container, CLUSTER, () => ({ controllers: () => 1 }))
  provide(container, LIMITS, () => limitsOf(options))
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
  part(RATE_LIMITER, options.rateLimiter ?? localRateLimiter(), (c) => {
    const cluster = use(c, CLUSTER)
    return { controllers: () => cluster.controllers() }
  })
  part(LOG_STORE, options.logStore ?? recordLogStore(), nothing)
  if (options.containers) part(CONTAINER_FACTORY, options.containers, nothing)
  return container
}

/** What no container of the invoker could ever be given is refused when the action is written. */
function limitsOf({ limits, invoker }: NodeOptions): PlatformLimits {
  const all = { ...DEFAULT_PLATFORM_LIMITS, ...limits }
  return { ...all, cpu: { ...all.cpu, max: Math.min(all.cpu.max, invoker?.userCpus ?? Infinity) } }
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

/** What runs in a node. */
type Role = 'controller' | 'invoker'

const ORDER: readonly (readonly [option: keyof NodeOptions, key: Token<Partial<Lifecycle>>, only?: Role])[] = [
  ['subjectStore', SUBJECT_STORE, 'controller'],
  ['entityStore', ENTITY_STORE],
  ['activationStore', ACTIVATION_STORE],
  ['auth', AUTH, 'controller'],
  ['queue', QUEUE],
  ['rateLimiter', RATE_LIMITER, 'controller'],
  ['logStore', LOG_STORE],
  ['containers', CONTAINER_FACTORY, 'invoker'],
]

/** The adapters that these roles need, in the order of their dependencies. */
export function openings(container: DependencyContainer, options: NodeOptions, roles: readonly Role[]): Opening[] {
  const needed = ORDER.filter(([, , only]) => only === undefined || roles.includes(only))
  return needed.map(([option, key]) => {
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
