import { parseOptions, PlatformError, type Adapter, type ContainerFactory } from '@stemcell/core'
import {
  checkEngineOptions,
  engineCapabilities,
  EngineContainerFactory,
  type FactoryClosing,
} from '@stemcell/core/container-engine'
import { podmanContainersOptions, type PodmanContainersOptions } from './podman-containers-options.ts'
import { PodmanSession } from './podman-session.ts'

const NAME = '@stemcell/spi-podman'

/**
 * Containers on the Podman of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range, or two of them contradict each other.
 */
export function podmanContainers(options: PodmanContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, podmanContainersOptions, options)
  checkEngineOptions(NAME, settings)
  const { network, egress, address } = settings
  if (network === 'isolated' && !egress && address === 'port') {
    const fix = 'set address to bridge or socket, or egress to true'
    throw new PlatformError('ERR_CONFIG', `${NAME}: address: no port is published without egress: ${fix}`)
  }
  const capabilities = engineCapabilities(settings)
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => {
      const connect = (closing: FactoryClosing) => PodmanSession.open(settings, context, closing)
      return new EngineContainerFactory({ capabilities, connect }, context)
    },
  }
}
