import { createHash } from 'node:crypto'
import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import {
  AdministrationError,
  assemble,
  isPlatformError,
  SystemRandom,
  tokens,
  type ActivationStore,
  type ContainerFactory,
  type EntityStore,
  type Logger,
  type Part,
  type Platform,
  type PlatformLimits,
  type PlatformOptions,
  type RuntimesManifestSource,
  type SubjectStore,
} from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { processContainers } from '@stemcell/spi-process'
import type { Config } from '../config/config-schema.ts'
import { loadAdapter } from '../config/load-adapter.ts'
import type { Environment } from '../environment.ts'
import { banner } from './banner.ts'
import { demo } from './demo.ts'
import { guestKey, writeWskProperties } from './guest-key.ts'

export interface StandaloneOptions {
  readonly config: Config
  readonly environment: Environment
  readonly logger: Logger
  readonly demo: boolean
  /** Plain lines for the person at the terminal. */
  readonly print: (text: string) => void
}

const GUEST = 'guest'
const DEFAULT_PORT = 3233
const MB = 1024 ** 2

/**
 * What the guest may do until an administrator sets something else: on a single machine OpenWhisk's 60 invocations per
 * minute would only be in the way. Every other namespace has the system's limits.
 */
const GUEST_LIMITS = { invocationsPerMinute: 600_000, concurrentInvocations: 1000, firesPerMinute: 600_000 }

/** Starts the single-process form: embedded store, queue in memory, action containers as processes. */
export async function startStandalone(options: StandaloneOptions): Promise<Platform> {
  const { config, environment, logger, print } = options
  const data = resolve(config.data ?? 'stemcell-data')
  const guest = guestKey({ data, random: new SystemRandom(), auth: environment.auth, authFile: config.authFile })
  const platform = await assemble({
    ...(await parts(config, data)),
    ...settings(config),
    logger,
    // Two servers on one machine must not take each other's containers for left-overs.
    platformId: `standalone-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`,
  })
  try {
    await admitGuest(platform, guest.key)
    const { url } = await platform.listen({ host: config.host ?? '127.0.0.1', port: config.port ?? DEFAULT_PORT })
    const wskProperties = writeWskProperties(data, url, guest.key)
    const { isolation } = platform.use(tokens.CONTAINER_FACTORY).capabilities
    print(banner({ url, data, keyFile: guest.file, wskProperties, containers: CONTAINERS[isolation] }))
    if (options.demo) await demo(await platform.client(GUEST), print)
    return platform
  } catch (error) {
    await platform.close()
    throw error
  }
}

const CONTAINERS: Readonly<Record<ContainerFactory['capabilities']['isolation'], string>> = {
  none: 'none: actions run inside this process; for trusted code only',
  process: 'processes of this user; for trusted code only',
  container: 'isolated',
}

async function parts(config: Config, data: string): Promise<PlatformOptions> {
  const named = async <T>(part: string, source: Config['queue']): Promise<Record<string, Part<T>>> =>
    source ? { [part]: await loadAdapter<T>(part, source) } : {}
  return {
    containers: processContainers({ dir: `${data}/run` }),
    ...(config.stores ? await loadStores(config.stores) : levelStores({ dir: `${data}/store` })),
    ...(await named('entityStore', config.entityStore)),
    ...(await named('subjectStore', config.subjectStore)),
    ...(await named('activationStore', config.activationStore)),
    ...(await named('queue', config.queue)),
    ...(await named('auth', config.auth)),
    ...(await named('loadBalancer', config.loadBalancer)),
    ...(await named('containers', config.containers)),
    ...(await named('logStore', config.logStore)),
    ...(await named('rateLimiter', config.rateLimiter)),
  }
}

async function loadStores(source: NonNullable<Config['stores']>): Promise<Partial<PlatformOptions>> {
  return {
    entityStore: await loadAdapter<EntityStore>('entityStore', source),
    subjectStore: await loadAdapter<SubjectStore>('subjectStore', source),
    activationStore: await loadAdapter<ActivationStore>('activationStore', source),
  }
}

function settings(config: Config): Partial<PlatformOptions> {
  const memoryMb = Math.min(8192, Math.max(1024, Math.floor(totalmem() / MB / 2)))
  return {
    invoker: { userMemoryMb: memoryMb, ...defined(config.invoker ?? {}) },
    limits: defined(config.limits ?? {}) as Partial<PlatformLimits>,
    ...(config.manifest ? { manifest: config.manifest as unknown as RuntimesManifestSource } : {}),
    ...(config.maxWaiting === undefined ? {} : { maxWaiting: config.maxWaiting }),
    ...(config.apiHost === undefined ? {} : { apiHost: config.apiHost }),
  }
}

function defined<T extends object>(source: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** Makes sure that the guest exists with this key, and gives it generous limits the first time. */
async function admitGuest(platform: Platform, key: { readonly uuid: string; readonly key: string }): Promise<void> {
  const { subjects } = platform
  const known = await subjects.namespacesOf(GUEST).catch((error: unknown) => {
    if (error instanceof AdministrationError && error.reason === 'not-found') return []
    throw error
  })
  const current = known.find(({ namespace }) => namespace === GUEST)?.authkey
  if (current?.uuid !== key.uuid || current.key !== key.key) {
    await subjects.createUser(GUEST, { auth: `${key.uuid}:${key.key}`, revoke: true })
  }
  if (!(await subjects.getLimits(GUEST))) await platform.subjects.setLimits(GUEST, GUEST_LIMITS)
}

/** Ends the process the way an operator expects: signals drain and exit 0, a second one exits at once. */
export function stopOnSignals(platform: Platform, logger: Logger, drainMs: number): void {
  let stopping = false
  const stop = (signal: string): void => {
    if (stopping) {
      logger.warn({ signal }, 'second signal: leaving without waiting')
      process.exit(1)
    }
    stopping = true
    logger.info({ signal }, 'stopping: finishing what runs')
    platform.close({ drainMs }).then(
      () => process.exit(0),
      (err: unknown) => {
        logger.error({ err: isPlatformError(err) ? err.message : err }, 'did not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
}
