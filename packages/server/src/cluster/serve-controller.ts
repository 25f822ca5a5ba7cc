import { assembleController, PlatformError, tokens } from '@stemcell/core'
import type { Config } from '../config/config-schema.ts'
import { readConfig, type ConfigOverrides } from '../config/read-config.ts'
import { addressOf } from '../parts/address-of.ts'
import { AUTH_SHOWS, takeEnvironment } from '../environment.ts'
import { isLoopback } from '../is-loopback.ts'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { consoleMounts, controllerConsole, observersOf } from '../parts/chosen-console.ts'
import { controllerGateway } from '../parts/chosen-gateway.ts'
import { chosenForController, controllerSettings, settings } from '../parts/chosen-parts.ts'
import { chosenTelemetry, tracing } from '../parts/chosen-telemetry.ts'
import { chosenSystemPackages } from '../parts/chosen-system-packages.ts'
import { requireEncryption } from '../require-encryption.ts'
import { runUntilStopped, type Running, type StartContext } from '../run-until-stopped.ts'
import { admitGuest } from '../standalone/admit-guest.ts'
import { DataFolder } from '../standalone/data-folder.ts'
import { givenGuestKey } from '../standalone/guest-key.ts'
import { reachableUrl } from '../standalone/reachable-url.ts'
import type { StopSignals } from '../stop-signals.ts'
import { sharedParts } from './shared-parts.ts'

export interface ServeControllerOptions {
  readonly file: string | undefined
  readonly overrides: ConfigOverrides
  /** Default: the configuration's. */
  readonly id: string | undefined
  readonly signals: StopSignals
}

/** What controller ids may be, as they become names of topics. */
const ID = /^[a-zA-Z0-9._-]{1,128}$/

/**
 * Runs one controller of a cluster until a signal ends it. Resolves when everything is closed.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE it did not start; the message names what to change.
 */
export async function serveController({ file, overrides, id, signals }: ServeControllerOptions): Promise<void> {
  const { auth, authShows, logLevel, openWhisk } = takeEnvironment()
  const config = readConfig(file, overrides, openWhisk)
  await runUntilStopped(logLevel ?? config.logLevel, signals, (context) => {
    if (authShows) context.logger.warn({}, AUTH_SHOWS)
    return startController(config, id ?? config.controllerId, auth, context)
  })
}

async function startController(
  config: Config,
  id: string,
  auth: string | undefined,
  { logger, print, signal, vitals }: StartContext,
): Promise<Running | undefined> {
  if (!ID.test(id)) {
    throw new PlatformError('ERR_CONFIG', `--id ${id}: a controller is called by letters, digits, dots, _ and -`)
  }
  requireEncryption(config)
  const given = givenGuestKey({ auth, authFile: config.authFile })
  const metrics = (config.metrics ?? isLoopback(config.host)) ? prometheusMetrics({ logger, vitals }) : undefined
  const console = controllerConsole(config)
  const telemetry = await chosenTelemetry(config, `controller${id}`)
  const gateway = controllerGateway(config)
  const node = await assembleController({
    ...(await sharedParts(config, new DataFolder(config.data), `controller-${id}`)),
    ...(await chosenForController(config)),
    systemPackages: [...(await chosenSystemPackages(config)), ...gateway.parts],
    links: gateway.links,
    ...settings(config),
    ...controllerSettings(config),
    ...observersOf([metrics?.observers, console?.observers, telemetry?.observers]),
    ...(metrics && { routes: [metrics.route] }),
    ...consoleMounts(console),
    ...tracing(telemetry),
    ...(config.apiHost === undefined ? {} : { apiHost: config.apiHost }),
    logger,
    controllerId: id,
  })
  const close = async (drainMs: number): Promise<void> => {
    console?.close()
    await node.close({ drainMs })
    await telemetry?.close()
  }
  try {
    if (given) await admitGuest(node.subjects, { given, kept: () => undefined })
    if (signal.aborted) {
      await close(0)
      return undefined
    }
    console?.watch({ controller: node.controller, cluster: { queue: node.use(tokens.QUEUE), logger } })
    const { url } = await node.listen(addressOf(config))
    const apis = gateway.url()
    print(`Stemcell controller ${id} is ready at ${reachableUrl(url)}${apis === undefined ? '' : `, APIs at ${apis}`}`)
    logger.info({ controller: id, url, gateway: apis, pid: process.pid }, 'ready')
    return { close: () => close(config.drainMs) }
  } catch (error) {
    await close(0)
    throw error
  }
}
