import { parseOptions, type Adapter, type ContainerFactory } from '@stemcell/core'
import {
  checkEngineOptions,
  engineCapabilities,
  EngineContainerFactory,
  type FactoryClosing,
} from '@stemcell/core/container-engine'
import { dockerContainersOptions, type DockerContainersOptions } from './docker-containers-options.ts'
import { DockerSession } from './docker-session.ts'

const NAME = '@stemcell/spi-docker'

/**
 * Containers on the Docker Engine of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range.
 */
export function dockerContainers(options: DockerContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, dockerContainersOptions, options)
  checkEngineOptions(NAME, settings)
  const capabilities = engineCapabilities(settings)
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => {
      const connect = (closing: FactoryClosing) => DockerSession.open(settings, context, closing)
      return new EngineContainerFactory({ capabilities, connect }, context)
    },
  }
}
