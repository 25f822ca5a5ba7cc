import type { AdapterModule } from '@stemcell/core'
import { processContainers } from './process-containers.ts'
import { processContainersOptions, type ProcessContainersOptions } from './process-containers-options.ts'

/** For configuration files: `containers: { use: '@stemcell/spi-process' }`. */
const adapter: AdapterModule = {
  provides: {
    containers: {
      options: processContainersOptions,
      create: (options) => processContainers((options ?? {}) as ProcessContainersOptions),
    },
  },
}

export default adapter
