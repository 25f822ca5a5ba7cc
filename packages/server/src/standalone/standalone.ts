import { assemble, tokens, type Logger, type Platform, type PlatformOptions } from '@stemcell/core'
import { createHash } from 'node:crypto'
import { AdminSocket } from '../admin/admin-socket.ts'
import { platformTarget } from '../admin/platform-target.ts'
import type { Config } from '../config/config-schema.ts'
import { isLoopback } from '../is-loopback.ts'
import { requireEncryption } from '../require-encryption.ts'
import { prometheusMetrics, type Vitals } from '@stemcell/metrics-prometheus'
import {
  chosenContainers,
  chosenForController,
  chosenPolicy,
  chosenShared,
  controllerSettings,
  invokerSettings,
  settings,
} from '../parts/chosen-parts.ts'
import { consoleMounts, observersOf, standaloneConsole } from '../parts/chosen-console.ts'
import { standaloneGateway } from '../parts/chosen-gateway.ts'
import { addressOf } from '../parts/address-of.ts'
import { chosenStores } from '../parts/chosen-stores.ts'
import { chosenTelemetry, tracing } from '../parts/chosen-telemetry.ts'
import { chosenSystemPackages } from '../parts/chosen-system-packages.ts'
import { admitGuest, GUEST } from './admit-guest.ts'
import { banner } from './banner.ts'
import { DataFolder } from './data-folder.ts'
import { demo } from './demo.ts'
import { givenGuestKey, parseGuestKey } from './guest-key.ts'
import { offeredManifest } from './offered-kinds.ts'
import { reachableUrl } from './reachable-url.ts'

export interface StandaloneOptions {
  /** See `readConfig`. */
  readonly config: Config
  /** `UUID:KEY` for namespace guest; stronger than `config.authFile`. */
  readonly auth?: string | undefined
  readonly logger: Logger
  /** Plain text for the person at the terminal. Default: nothing is said. */
  readonly print?: (text: string) => void
  /** When it is aborted before the server is ready, `startStandalone` takes back what it did. */
  readonly signal?: AbortSignal
  /** Of this process, for `GET /metrics`. */
  readonly vitals?: Vitals
}

/** A server that answers. */
export interface Standalone {
  readonly url: string
  readonly platform: Platform
  /** Puts the action `hello` into namespace guest, invokes it twice, and prints how each went. */
  demo(): Promise<void>
  /** Accepts no more, finishes what runs, for at most `drainMs` of the configuration, and leaves nothing behind. */
  close(): Promise<void>
}

/**
 * Starts the single-process form: embedded stores, queue in memory, action containers as processes, unless the
 * configuration names others. Undefined when `signal` was aborted meanwhile.
 * @throws ERR_CONFIG, ERR_CORRUPT, ERR_UNAVAILABLE the message names what to change; nothing is left open.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone | undefined> {
  const { config, logger, signal, print = () => undefined } = options
  requireEncryption(config)
  const data = new DataFolder(config.data)
  const given = givenGuestKey({ auth: options.auth, authFile: config.authFile })
  const manifest = await offeredManifest(config, logger)
  data.prepare()
  const { vitals } = options
  const metrics =
    (config.metrics ?? isLoopback(config.host)) ? prometheusMetrics({ logger, ...(vitals && { vitals }) }) : undefined
  const console = standaloneConsole(config, data)
  const telemetry = await chosenTelemetry(config, 'standalone')
  const gateway = standaloneGateway(config)
  const platform = await assemble({
    ...(await chosenStores(config, data, data.spillOf('standalone'))),
    ...(await chosenShared(config)),
    ...(await chosenForController(config)),
    systemPackages: [...(await chosenSystemPackages(config)), ...gateway.parts],
    links: gateway.links,
    containers: await chosenContainers(config, data),
    ...(await chosenPolicy(config)),
    ...settings(config),
    ...(manifest && { manifest }),
    ...controllerSettings(config),
    ...invokerSettings(config),
    ...apiHost(config),
    ...observersOf([metrics?.observers, console?.observers, telemetry?.observers]),
    ...(metrics && { routes: [metrics.route] }),
    ...consoleMounts(console),
    ...tracing(telemetry),
    logger,
    platformId: config.platformId ?? idOf(data),
  })
  const admin = new AdminSocket(data.adminSocket, platformTarget(platform), logger)
  const close = async (drainMs: number): Promise<void> => {
    console?.close()
    await admin.close()
    await platform.close({ drainMs })
    await telemetry?.close()
  }
  try {
    const key = await admitGuest(platform.subjects, { given, kept: () => keptKey(data) })
    // Only now is it certain that no other server has the folder, and that the key is the one in force.
    data.writeSecret(data.guestKey, `${key.uuid}:${key.key}\n`)
    await admin.open()
    console?.watch(platform)
    if (signal?.aborted) {
      await close(0)
      return undefined
    }
    const listening = await platform.listen(addressOf(config))
    const url = reachableUrl(listening.url)
    data.writeSecret(
      data.wskProperties,
      `APIHOST=${(config.tls && config.apiHost) ?? url}\nAUTH=${key.uuid}:${key.key}\nNAMESPACE=_\n`,
    )
    const { isolation } = platform.use(tokens.CONTAINER_FACTORY).capabilities
    print(
      banner({
        url,
        data,
        isolation,
        gatewayUrl: gateway.url(),
        consoleOperator: console && (config.api.operator ? 'as configured' : data.operatorKey),
      }),
    )
    logger.info({ url, gateway: gateway.url(), data: data.path, pid: process.pid }, 'ready')
    if (!config.tls && !isLoopback(config.host)) {
      logger.warn({ host: config.host }, 'reachable from other machines without encryption: put a TLS proxy in front')
    }
    return {
      url,
      platform,
      demo: async () => demo(await platform.client(GUEST), print),
      close: () => close(config.drainMs),
    }
  } catch (error) {
    await close(0)
    throw error
  }
}

function keptKey(data: DataFolder): ReturnType<typeof parseGuestKey> | undefined {
  const text = data.readGuestKey()
  return text === undefined ? undefined : parseGuestKey(text, data.guestKey)
}

/** Two servers on one machine must not take each other's containers for left-overs. */
function idOf({ path }: DataFolder): string {
  return `standalone-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`
}

/** Stem cells are made before the server listens, and must know where it will. */
function apiHost({ apiHost: given, host, port, tls }: Config): Partial<PlatformOptions> {
  if (given !== undefined) return { apiHost: given }
  return port === 0
    ? {}
    : { apiHost: reachableUrl(`http${tls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`) }
}
