import { assembleInvoker, PlatformError, tokens } from '@stemcell/core'
import { hostname } from 'node:os'
import type { Config } from '../config/config-schema.ts'
import { readConfig, type ConfigOverrides } from '../config/read-config.ts'
import { takeEnvironment } from '../environment.ts'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { chosenContainers, chosenPolicy, invokerSettings, settings } from '../parts/chosen-parts.ts'
import { requireEncryption } from '../require-encryption.ts'
import { invokerRelay, observersOf } from '../parts/chosen-console.ts'
import { chosenTelemetry } from '../parts/chosen-telemetry.ts'
import { runUntilStopped, type Running, type StartContext } from '../run-until-stopped.ts'
import { DataFolder } from '../standalone/data-folder.ts'
import { requireImages } from '../standalone/offered-kinds.ts'
import type { StopSignals } from '../stop-signals.ts'
import { openFront, requireOperator } from './invoker-port.ts'
import { sharedParts } from './shared-parts.ts'

export interface InvokerName {
  readonly id?: number | undefined
  readonly uniqueName?: string | undefined
}

export interface ServeInvokerOptions {
  readonly file: string | undefined
  readonly overrides: ConfigOverrides
  /** Default: the configuration's, else the name of the host. */
  readonly name: InvokerName
  /** Stronger than the configuration. */
  readonly port?: number | undefined
  readonly signals: StopSignals
}

/**
 * Runs one invoker of a cluster until a signal ends it. Resolves when everything is closed.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE it did not start; the message names what to change.
 */
export async function serveInvoker({ file, overrides, name, port, signals }: ServeInvokerOptions): Promise<void> {
  const { logLevel, openWhisk } = takeEnvironment()
  const given = readConfig(file, overrides, openWhisk)
  const config = port === undefined ? given : { ...given, invoker: { ...given.invoker, port } }
  await runUntilStopped(logLevel ?? config.logLevel, signals, (context) => startInvoker(config, name, context))
}

async function startInvoker(
  config: Config,
  name: InvokerName,
  { logger, print, signal, vitals }: StartContext,
): Promise<Running | undefined> {
  const { apiHost } = config
  if (apiHost === undefined) {
    throw new PlatformError('ERR_CONFIG', 'apiHost: say where actions reach the API, e.g. http://127.0.0.1:3233')
  }
  await requireImages(config, logger)
  if (config.invoker.port !== undefined) requireEncryption({ ...config, gateway: false })
  requireOperator(config)
  const instance = identity(config, name)
  const data = new DataFolder(config.data)
  data.prepare()
  const metrics = prometheusMetrics({ logger, vitals })
  const relay = invokerRelay(config)
  const telemetry = await chosenTelemetry(config, `invoker-${instance.id ?? instance.uniqueName}`)
  const node = await assembleInvoker({
    ...(await sharedParts(config, data, `invoker-${instance.id ?? instance.uniqueName}`)),
    ...settings(config),
    ...invokerSettings(config),
    containers: await chosenContainers(config, data),
    ...(await chosenPolicy(config)),
    ...observersOf([metrics.observers, relay && { invoker: relay.observer }, telemetry?.observers]),
    logger,
    apiHost,
    invokerInstance: instance,
    ...(config.platformId === undefined ? {} : { platformId: config.platformId }),
  })
  const { id } = node.invoker.instance
  try {
    await relay?.open({ invoker: node.invoker, queue: node.use(tokens.QUEUE), logger })
    const front = await openFront(config, node.invoker, metrics, logger)
    const close = async (drainMs: number): Promise<void> => {
      await relay?.close()
      await node.close({ drainMs })
      await front?.close()
      await telemetry?.close()
    }
    if (signal.aborted) {
      await close(0)
      return undefined
    }
    print(`Stemcell invoker ${id} is ready${front ? ` at ${front.url}` : ''}`)
    logger.info({ invoker: id, ...(front && { url: front.url }), pid: process.pid }, 'ready')
    return { close: () => close(config.drainMs) }
  } catch (error) {
    await node.close()
    throw error
  }
}

/** The command line is stronger than the configuration; a number is stronger than a name. */
function identity({ invoker }: Config, name: InvokerName) {
  const { displayedName, tags, dedicatedNamespaces } = invoker
  const id = name.id ?? (name.uniqueName === undefined ? invoker.id : undefined)
  const uniqueName = name.uniqueName ?? invoker.uniqueName ?? (id === undefined ? hostname() : undefined)
  return {
    tags,
    dedicatedNamespaces,
    ...(id === undefined ? {} : { id }),
    ...(uniqueName === undefined ? {} : { uniqueName }),
    ...(displayedName === undefined ? {} : { displayedName }),
  }
}
