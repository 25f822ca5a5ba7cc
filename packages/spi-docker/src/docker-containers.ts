import { parseOptions, PlatformError, type Adapter, type AdapterContext, type ContainerFactory } from '@stemcell/core'
import { EngineContainerFactory } from '@stemcell/core/container-engine'
import {
  dockerContainersOptions,
  type DockerContainersOptions,
  type DockerContainersSettings,
} from './docker-containers-options.ts'
import { DockerSession } from './docker-session.ts'

const NAME = '@stemcell/spi-docker'

/**
 * Containers on the Docker Engine of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range.
 */
export function dockerContainers(options: DockerContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, dockerContainersOptions, options)
  const { network, address } = settings
  if (network === 'none' && (address === 'port' || address === 'bridge')) {
    const fix = 'set address to socket, or choose another network'
    throw new PlatformError('ERR_CONFIG', `${NAME}: address: ${address} needs a network: ${fix}`)
  }
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => factoryOf(settings, context),
  }
}

function factoryOf(settings: DockerContainersSettings, context: AdapterContext): ContainerFactory {
  return new EngineContainerFactory(
    {
      capabilities: {
        suspend: true,
        memoryLimit: true,
        cpuLimit: true,
        images: settings.userImages,
        // Of the platform's own images; with those that write sentinels the pools must not overlap runs.
        attributedLogs: true,
        isolation: 'container',
      },
      connect: () => DockerSession.open(settings, context),
    },
    context,
  )
}
