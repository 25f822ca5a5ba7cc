import type { AdapterModule } from '@stemcell/core'
import { dockerContainers } from './docker-containers.ts'
import { dockerContainersOptions, type DockerContainersOptions } from './docker-containers-options.ts'

/** For configuration files: `containers: { adapter: '@stemcell/spi-docker' }`. */
const adapter: AdapterModule = {
  provides: {
    containers: {
      options: dockerContainersOptions,
      create: (options) => dockerContainers((options ?? {}) as DockerContainersOptions),
    },
  },
}

export default adapter
