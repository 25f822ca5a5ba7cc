import { join } from 'node:path'
import { alarms } from '@stemcell/alarms'
import { combinators, samples, utils } from '@stemcell/catalog'
import { AdministrationError, assemble, authKeyText, type AuthKey, type Logger, type Platform } from '@stemcell/core'
import { gateway } from '@stemcell/gateway'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { levelStores } from '@stemcell/spi-level'
import { processContainers } from '@stemcell/spi-process'

export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly gatewayPort: number
  /** Folder of everything that is kept. */
  readonly data: string
  readonly logger: Logger
}

export interface Server {
  readonly url: string
  /** Where APIs of `wsk api` are served. */
  readonly apis: string | undefined
  /** `UUID:KEY` of namespace guest. */
  readonly key: string
  readonly platform: Platform
  /** Takes nothing new, finishes what runs, for at most so long, and leaves nothing behind. */
  close(drainMs: number): Promise<void>
}

/**
 * What `stemcell standalone` is made of, as code to be changed: leave a part out, or put another in its place. The server
 * adds a configuration file, administration from the command line, and the guards of a process that must not die.
 */
export async function startServer({ host, port, gatewayPort, data, logger }: ServerSettings): Promise<Server> {
  const metrics = prometheusMetrics({ logger })
  const apis = gateway({ host, port: gatewayPort })
  const platform = await assemble({
    // Entities, subjects and activation records in one embedded database. For several processes: redisStores, couchStores.
    ...levelStores({ dir: join(data, 'store') }),
    // Child processes of this user, for trusted code. To isolate: dockerContainers, podmanContainers.
    containers: processContainers({ dir: join(data, 'run') }),
    // What every namespace finds under /whisk.system.
    systemPackages: [alarms({}), utils(), samples(), combinators(), apis],
    observers: metrics.observers,
    routes: [metrics.route],
    limits: { timeoutMs: { max: 300_000 } },
    logger,
    ...(port > 0 && { apiHost: `http://${host}:${port}` }),
  })
  try {
    const key = await keyOf(platform, 'guest')
    const { url } = await platform.listen({ host, port })
    logger.info({ url, apis: apis.url() }, 'ready')
    return {
      url,
      apis: apis.url(),
      key: authKeyText(key),
      platform,
      close: (drainMs) => platform.close({ drainMs }),
    }
  } catch (error) {
    await platform.close()
    throw error
  }
}

/** The same key at every start. */
async function keyOf({ subjects }: Platform, name: string): Promise<AuthKey> {
  try {
    return await subjects.getUser(name)
  } catch (error) {
    if (!(error instanceof AdministrationError)) throw error
    return subjects.createUser(name)
  }
}
