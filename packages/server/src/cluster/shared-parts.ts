import { PlatformError, type PlatformOptions } from '@stemcell/core'
import type { Config } from '../config/config-schema.ts'
import { chosenShared } from '../parts/chosen-parts.ts'
import { chosenStores, usesEmbedded, type Stores } from '../parts/chosen-stores.ts'
import type { DataFolder } from '../standalone/data-folder.ts'

/**
 * The queue, the stores and what else all processes of a cluster share.
 * @param processName which no other process with the same data folder has, and which this one keeps.
 * @throws ERR_CONFIG the configuration leaves queue or stores to what only one process can use.
 */
export async function sharedParts(
  config: Config,
  data: DataFolder,
  processName: string,
): Promise<Stores & Pick<PlatformOptions, 'queue' | 'logStore'>> {
  const fix = 'name an adapter that several processes can share, such as @stemcell/spi-redis'
  if (!config.queue) {
    throw new PlatformError(
      'ERR_CONFIG',
      `queue: without one, messages stay in this process: ${fix} or @stemcell/spi-kafka`,
    )
  }
  if (usesEmbedded(config)) {
    throw new PlatformError(
      'ERR_CONFIG',
      `stores: the embedded database serves one process: ${fix} or @stemcell/spi-couchdb`,
    )
  }
  return { ...(await chosenStores(config, data, data.spillOf(processName))), ...(await chosenShared(config)) }
}
