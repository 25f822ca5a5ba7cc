import { parseOptions, PlatformError, type Adapter, type AdapterContext, type ContainerFactory } from '@stemcell/core'
import { EngineContainerFactory } from '@stemcell/core/container-engine'
import {
  podmanContainersOptions,
  type PodmanContainersOptions,
  type PodmanContainersSettings,
} from './podman-containers-options.ts'
import { PodmanSession } from './podman-session.ts'

const NAME = '@stemcell/spi-podman'

/**
 * Containers on the Podman of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range, or two of them contradict each other.
 */
export function podmanContainers(options: PodmanContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, podmanContainersOptions, options)
  const { network, egress, address } = settings
  if (network === 'none' && (address === 'port' || address === 'bridge')) {
    const fix = 'set address to socket, or choose another network'
    throw new PlatformError('ERR_CONFIG', `${NAME}: address: ${address} needs a network: ${fix}`)
  }
  if (network === 'isolated' && !egress && address === 'port') {
    const fix = 'set address to bridge or socket, or egress to true'
    throw new PlatformError('ERR_CONFIG', `${NAME}: address: no port is published without egress: ${fix}`)
  }
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => factoryOf(settings, context),
  }
}

function factoryOf(settings: PodmanContainersSettings, context: AdapterContext): ContainerFactory {
  return new EngineContainerFactory(
    {
      capabilities: {
        suspend: true,
        memoryLimit: true,
        cpuLimit: true,
        images: settings.userImages,
        attributedLogs: true,
        isolation: 'container',
      },
      connect: (closing) => PodmanSession.open(settings, context, closing),
    },
    context,
  )
}
