import { join } from 'node:path'
import { AdministrationError, assemble, type Logger, type Platform } from '@stemcell/core'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { levelStores } from '@stemcell/spi-level'
import { processContainers } from '@stemcell/spi-process'

export interface PlatformSettings {
  /** Folder for everything that is kept. */
  readonly data: string
  readonly logger?: Logger
}

/** The platform of this project. Replace a part, or leave one out: core has a default for each but the containers. */
export async function startPlatform({ data, logger }: PlatformSettings): Promise<Platform> {
  const metrics = prometheusMetrics()
  const platform = await assemble({
    ...levelStores({ dir: join(data, 'store') }),
    // Child processes of this user, for code that you trust. To isolate actions: npm install @stemcell/spi-docker
    containers: processContainers({ dir: join(data, 'run') }),
    observers: metrics.observers,
    routes: [metrics.route],
    limits: { timeoutMs: { max: 60_000 } },
    ...(logger && { logger }),
  })
  await admit(platform, 'guest')
  return platform
}

/** Makes the user unless there is one from an earlier start. */
async function admit({ subjects }: Platform, name: string): Promise<void> {
  try {
    await subjects.getUser(name)
  } catch (error) {
    if (!(error instanceof AdministrationError)) throw error
    await subjects.createUser(name)
  }
}
