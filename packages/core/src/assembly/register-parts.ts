import 'reflect-metadata/lite'
import { container as rootContainer, type DependencyContainer } from 'tsyringe'
import satisfies from 'semver/functions/satisfies.js'
import { storeAuth } from '../auth/store-auth.ts'
import { isPlatformError, PlatformError } from '../errors.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { leastLoadedBalancer } from '../load-balancer/least-loaded-balancer.ts'
import { recordLogStore } from '../log-store/record-log-store.ts'
import { silentLogger, type Logger } from '../log.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'
import { RuntimesManifest } from '../model/runtimes-manifest.ts'
import { guardedLogger } from '../plug-in/guarded-logger.ts'
import { memoryQueue } from '../queue/memory-queue.ts'
import type { Queue } from '../queue/queue.ts'
import { localRateLimiter } from '../rate-limiter/local-rate-limiter.ts'
import { memoryActivationStore, memoryEntityStore, memorySubjectStore } from '../store/memory-stores.ts'
import type { SystemPackage, SystemPackageContext } from '../system-packages/system-package.ts'
import { SystemClock } from '../time/system-clock.ts'
import { SystemRandom } from '../time/system-random.ts'
import type { Adapter, AdapterContext } from '../adapter.ts'
import { CORE_VERSION } from './core-version.ts'
import { DEFAULT_MANIFEST } from './default-manifest.ts'
import type { Opening } from './open-in-order.ts'
import { checkBuilt } from './options/check-part.ts'
import type { Settings } from './options/check-options.ts'
import { consoleLogger, isConsole } from './options/console-logger.ts'
import type { LentInstances } from './options/lent-instances.ts'
import type { PartName } from './options/part-methods.ts'
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
  POOL_POLICY,
  QUEUE,
  RANDOM,
  RATE_LIMITER,
  SUBJECT_STORE,
} from './tokens.ts'

/** Registers each part under its token, in a container of its own. `options` were checked. */
export function registerParts(options: NodeOptions, settings: Settings): DependencyContainer {
  const container = rootContainer.createChildContainer()
  const logger = loggerOf(options)
  provide(container, LOGGER, () => logger)
  provide(container, CLOCK, () => options.clock ?? new SystemClock())
  provide(container, RANDOM, () => options.random ?? new SystemRandom())
  provide(container, CLUSTER, () => ({ controllers: () => 1 }))
  provide(container, LIMITS, () => limitsOf(settings))
  provide(container, MANIFEST, () => new RuntimesManifest(options.manifest ?? DEFAULT_MANIFEST))

  const part = <T, C extends AdapterContext>(
    name: PartName,
    key: Token<T>,
    given: Part<T, C>,
    more: (c: DependencyContainer) => Omit<C, keyof AdapterContext>,
  ): void => provide(container, key, (c) => (isAdapter(given) ? build(name, given, c, more(c)) : given))
  const nothing = (): object => ({})

  part('queue', QUEUE, options.queue ?? memoryQueue(), nothing)
  part('entityStore', ENTITY_STORE, options.entityStore ?? memoryEntityStore(), nothing)
  part('subjectStore', SUBJECT_STORE, options.subjectStore ?? memorySubjectStore(), nothing)
  part('activationStore', ACTIVATION_STORE, options.activationStore ?? memoryActivationStore(), nothing)
  part('auth', AUTH, options.auth ?? storeAuth(), (c) => ({ subjectStore: use(c, SUBJECT_STORE) }))
  part('loadBalancer', LOAD_BALANCER, options.loadBalancer ?? leastLoadedBalancer(), nothing)
  part('rateLimiter', RATE_LIMITER, options.rateLimiter ?? localRateLimiter(), (c) => {
    const cluster = use(c, CLUSTER)
    return { controllers: () => cluster.controllers() }
  })
  part('logStore', LOG_STORE, options.logStore ?? recordLogStore(), nothing)
  if (options.containers) part('containers', CONTAINER_FACTORY, options.containers, nothing)
  if (options.poolPolicy) part('poolPolicy', POOL_POLICY, options.poolPolicy, nothing)
  return container
}

/** What no container of the invoker could ever be given is refused when the action is written. */
function limitsOf({ limits, invoker }: Settings): PlatformLimits {
  return { ...limits, cpu: { ...limits.cpu, max: Math.min(limits.cpu.max, invoker.userCpus ?? Infinity) } }
}

function loggerOf({ logger = silentLogger }: NodeOptions): Logger {
  if (logger === silentLogger) return silentLogger
  return guardedLogger(isConsole(logger) ? consoleLogger(logger) : logger)
}

/** The system packages of a node, each built once. @throws ERR_CONFIG two have one name */
export function buildSystemPackages(
  container: DependencyContainer,
  { systemPackages = [], controllerId = '0' }: NodeOptions,
  more: Pick<SystemPackageContext, 'clientOf' | 'fire' | 'invoke' | 'clustered' | 'handle'>,
): readonly SystemPackage[] {
  const context = { entityStore: use(container, ENTITY_STORE), controllerId, ...more }
  const packages = systemPackages.map((given) =>
    isAdapter(given) ? buildSystemPackage(given, container, context) : given,
  )
  const names = packages.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new PlatformError('ERR_CONFIG', `systemPackages: there are two called '${twice}'`)
  return packages
}

function buildSystemPackage(
  adapter: Adapter<SystemPackage, SystemPackageContext>,
  container: DependencyContainer,
  context: Omit<SystemPackageContext, keyof AdapterContext>,
): SystemPackage {
  const built: Partial<SystemPackage> = construct('systemPackages', adapter, container, context)
  if (typeof built?.name === 'string' && Array.isArray(built.actions)) return built as SystemPackage
  const problem = 'what its build() returned has no name and actions; use another adapter or version of it'
  throw new PlatformError('ERR_CONFIG', `systemPackages (${adapter.name}): ${problem}`)
}

function isAdapter<T, C extends AdapterContext>(part: Part<T, C>): part is Adapter<T, C> {
  return typeof (part as Partial<Adapter<T, C>>).build === 'function'
}

function build<T, C extends AdapterContext>(
  part: PartName,
  adapter: Adapter<T, C>,
  container: DependencyContainer,
  more: Omit<C, keyof AdapterContext>,
): T {
  const built = construct(part, adapter, container, more)
  checkBuilt(part, adapter.name, built)
  return built
}

function construct<T, C extends AdapterContext>(
  part: string,
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
  try {
    return adapter.build({ ...context, ...more } as C)
  } catch (cause) {
    if (isPlatformError(cause)) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    const fix = 'mend its options, or the adapter'
    throw new PlatformError('ERR_CONFIG', `${part} (${adapter.name}): its build() failed: ${message}: ${fix}`, {
      cause,
    })
  }
}

/** What runs in a node. */
type Role = 'controller' | 'invoker'

const ORDER: readonly (readonly [option: PartName, key: Token<Partial<Lifecycle>>, only?: Role])[] = [
  ['subjectStore', SUBJECT_STORE, 'controller'],
  ['entityStore', ENTITY_STORE],
  ['activationStore', ACTIVATION_STORE],
  ['auth', AUTH, 'controller'],
  ['queue', QUEUE],
  ['rateLimiter', RATE_LIMITER, 'controller'],
  ['logStore', LOG_STORE],
  ['containers', CONTAINER_FACTORY, 'invoker'],
  ['loadBalancer', LOAD_BALANCER as Token<Partial<Lifecycle>>, 'controller'],
  ['poolPolicy', POOL_POLICY as Token<Partial<Lifecycle>>, 'invoker'],
]

/** The adapters that these roles need, in the order of their dependencies. */
export function openings(
  container: DependencyContainer,
  options: NodeOptions,
  roles: readonly Role[],
  lent: LentInstances,
): Opening[] {
  const isNeeded = ([option, key, only]: (typeof ORDER)[number]): boolean =>
    (only === undefined || roles.includes(only)) && (options[option] !== undefined || container.isRegistered(key))
  return ORDER.filter(isNeeded).map(([option, key]) => {
    const given = options[option]
    const name = `${option} (${nameOf(given)})`
    const part = use(container, key)
    lent.take(option, name, part)
    if (option === 'queue') checkBodies(name, use(container, QUEUE), use(container, LIMITS))
    return {
      name,
      open: async () => part.open?.(),
      close: async () => part.close?.(),
    }
  })
}

function nameOf(given: unknown): string {
  if (given === undefined) return 'built-in'
  if (typeof given === 'object' && given !== null && 'name' in given && typeof given.name === 'string')
    return given.name
  return 'given instance'
}

/** @throws ERR_CONFIG what the limits let in would not fit into a message. */
function checkBodies(name: string, { capabilities: { maxBodyBytes } }: Queue, limits: PlatformLimits): void {
  const needed = limits.maxPayloadBytes + limits.messageOverheadBytes
  if (maxBodyBytes >= needed) return
  throw new PlatformError(
    'ERR_CONFIG',
    `${name}: carries bodies of at most ${maxBodyBytes} bytes, and limits.maxPayloadBytes with ` +
      `limits.messageOverheadBytes makes ${needed}: raise its maxBodyBytes, or lower limits.maxPayloadBytes`,
  )
}
