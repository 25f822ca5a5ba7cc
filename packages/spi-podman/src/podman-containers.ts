import { PlatformError, type Adapter, type AdapterContext, type ContainerFactory } from '@stemcell/core'
import { EngineContainerFactory } from '@stemcell/core/container-engine'
import {
  podmanContainersOptions,
  type PodmanContainersOptions,
  type PodmanContainersSettings,
} from './podman-containers-options.ts'
import { PodmanSession } from './podman-session.ts'

/**
 * Containers on the Podman of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range, or two of them contradict each other.
 */
export function podmanContainers(options: PodmanContainersOptions = {}): Adapter<ContainerFactory> {
  const parsed = podmanContainersOptions.safeParse(options)
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ')
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-podman: ${why}`)
  }
  const { network, egress, address } = parsed.data
  if (network === 'none' && (address === 'port' || address === 'bridge')) {
    const fix = 'set address to socket, or choose another network'
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-podman: address: ${address} needs a network: ${fix}`)
  }
  if (network === 'isolated' && !egress && address === 'port') {
    const fix = 'set address to bridge or socket, or egress to true'
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-podman: address: no port is published without egress: ${fix}`)
  }
  return {
    name: '@stemcell/spi-podman',
    core: '^0.1.0',
    build: (context) => factoryOf(parsed.data, context),
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
