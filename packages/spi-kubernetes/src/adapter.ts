import type { AdapterModule } from '@stemcell/core'
import { kubernetesContainers } from './kubernetes-containers.ts'
import { kubernetesContainersOptions, type KubernetesContainersOptions } from './kubernetes-containers-options.ts'

/** For configuration files: `containers: { adapter: '@stemcell/spi-kubernetes' }`. */
const adapter: AdapterModule = {
  provides: {
    containers: {
      options: kubernetesContainersOptions,
      create: (options) => kubernetesContainers((options ?? {}) as KubernetesContainersOptions),
    },
  },
}

export default adapter
