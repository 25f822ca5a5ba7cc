import type { AdapterModule } from '@stemcell/core'
import { podmanContainers } from './podman-containers.ts'
import { podmanContainersOptions, type PodmanContainersOptions } from './podman-containers-options.ts'

/** For configuration files: `containers: { adapter: '@stemcell/spi-podman' }`. */
const adapter: AdapterModule = {
  provides: {
    containers: {
      options: podmanContainersOptions,
      create: (options) => podmanContainers((options ?? {}) as PodmanContainersOptions),
    },
  },
}

export default adapter
