import type { Adapter, ContainerFactory } from '@stemcell/core'
import { PlatformError } from '@stemcell/core'
import { ProcessContainerFactory } from './process-container-factory.ts'
import { processContainersOptions, type ProcessContainersOptions } from './process-containers-options.ts'

/**
 * Containers as child processes on this machine, for trusted code.
 * @throws ERR_CONFIG an option is unknown or out of range.
 */
export function processContainers(options: ProcessContainersOptions = {}): Adapter<ContainerFactory> {
  const parsed = processContainersOptions.safeParse(options)
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ')
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-process: ${why}`)
  }
  return {
    name: '@stemcell/spi-process',
    core: '^0.1.0',
    build: (context) => new ProcessContainerFactory(parsed.data, context),
  }
}
