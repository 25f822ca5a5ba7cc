import type { Adapter, ContainerFactory } from '@stemcell/core'
import { parseOptions } from '@stemcell/core'
import { ProcessContainerFactory } from './process-container-factory.ts'
import { processContainersOptions, type ProcessContainersOptions } from './process-containers-options.ts'

const NAME = '@stemcell/spi-process'

/**
 * Containers as child processes on this machine, for trusted code.
 * @throws ERR_CONFIG an option is unknown or out of range.
 */
export function processContainers(options: ProcessContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, processContainersOptions, options)
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => new ProcessContainerFactory(settings, context),
  }
}
