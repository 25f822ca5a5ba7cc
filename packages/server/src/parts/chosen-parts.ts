import type {
  Auth,
  ContainerFactory,
  LoadBalancer,
  LogStore,
  Part,
  PlatformOptions,
  PoolPolicy,
  Queue,
  RateLimiter,
  RuntimesManifestSource,
} from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import type { AdapterSource, Config } from '../config/config-schema.ts'
import { isLoopback } from '../is-loopback.ts'
import { loadAdapter } from '../config/load-adapter.ts'
import type { DataFolder } from '../standalone/data-folder.ts'

/** The adapter that the configuration names for a part, if it does, under the name of its option. @throws ERR_CONFIG */
async function named<T>(part: string, source: AdapterSource | undefined): Promise<Record<string, Part<T>>> {
  return source ? { [part]: await loadAdapter<T>(part, source) } : {}
}

/** What an invoker makes containers with: those of the configuration, or processes in the data folder. */
export async function chosenContainers({ containers }: Config, data: DataFolder): Promise<Part<ContainerFactory>> {
  return containers ? loadAdapter<ContainerFactory>('containers', containers) : processContainers({ dir: data.run })
}

/** What an invoker keeps containers by, if the configuration names it. @throws ERR_CONFIG */
export function chosenPolicy(config: Config): Promise<Pick<PlatformOptions, 'poolPolicy'>> {
  return named<PoolPolicy>('poolPolicy', config.poolPolicy)
}

/** The parts that controllers and invokers have in common, stores apart. @throws ERR_CONFIG */
export async function chosenShared(config: Config): Promise<Pick<PlatformOptions, 'queue' | 'logStore'>> {
  return { ...(await named<Queue>('queue', config.queue)), ...(await named<LogStore>('logStore', config.logStore)) }
}

/** The parts that only a controller has. @throws ERR_CONFIG */
export async function chosenForController(
  config: Config,
): Promise<Pick<PlatformOptions, 'auth' | 'loadBalancer' | 'rateLimiter'>> {
  return {
    ...(await named<Auth>('auth', config.auth)),
    ...(await named<LoadBalancer>('loadBalancer', config.loadBalancer)),
    ...(await named<RateLimiter>('rateLimiter', config.rateLimiter)),
  }
}

type Settings = Pick<
  PlatformOptions,
  'limits' | 'userEvents' | 'storeLevels' | 'disableStoreResult' | 'parameterEncryption' | 'manifest'
>

/** What the configuration says that is no adapter, for controllers and invokers alike. */
export function settings(config: Config): Settings {
  return {
    limits: config.limits,
    userEvents: config.userEvents,
    storeLevels: config.storeLevels,
    disableStoreResult: config.disableStoreResult,
    parameterEncryption: config.parameterEncryption,
    // Checked by core, with the place in the message.
    ...(config.manifest ? { manifest: config.manifest as unknown as RuntimesManifestSource } : {}),
  }
}

/** The same for controllers. */
export function controllerSettings(config: Config): Pick<PlatformOptions, 'maxWaiting' | 'api' | 'retention'> {
  return {
    maxWaiting: config.maxWaiting,
    api: { ...config.api, operationalRoutes: config.api.operationalRoutes ?? isLoopback(config.host) },
    ...(config.retention === undefined ? {} : { retention: config.retention }),
  }
}

/** The same for invokers. */
export function invokerSettings({ invoker }: Config): Required<Pick<PlatformOptions, 'invoker'>> {
  const { userCpus } = invoker
  return {
    invoker: {
      userMemoryMb: invoker.userMemoryMb,
      pauseGraceMs: invoker.pauseGraceMs,
      idleTimeoutMs: invoker.idleTimeoutMs,
      maxParallelStarts: invoker.maxParallelStarts,
      maxWaiting: invoker.maxWaiting,
      maxRunsBehind: invoker.maxRunsBehind,
      extraEnvironment: invoker.extraEnvironment,
      ...(userCpus === undefined ? {} : { userCpus }),
    },
  }
}
