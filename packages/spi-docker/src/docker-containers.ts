import { PlatformError, type Adapter, type ContainerFactory } from '@stemcell/core'
import { DockerContainerFactory } from './docker-container-factory.ts'
import { dockerContainersOptions, type DockerContainersOptions } from './docker-containers-options.ts'

/**
 * Containers on the Docker Engine of this machine.
 * @throws ERR_CONFIG an option is unknown or out of range.
 */
export function dockerContainers(options: DockerContainersOptions = {}): Adapter<ContainerFactory> {
  const parsed = dockerContainersOptions.safeParse(options)
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ')
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: ${why}`)
  }
  const { network, address } = parsed.data
  if (network === 'none' && (address === 'port' || address === 'bridge')) {
    const fix = 'set address to socket, or choose another network'
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: address: ${address} needs a network: ${fix}`)
  }
  return {
    name: '@stemcell/spi-docker',
    core: '^0.1.0',
    build: (context) => new DockerContainerFactory(parsed.data, context),
  }
}
