import type { Adapter } from '../adapter.ts'
import type { ContainerCapabilities, ContainerFactory } from './container-factory.ts'
import { InProcessContainerFactory, InProcessEngine } from './in-process-container-factory.ts'
import { startNodeProgram } from './node-program.ts'

const CAPABILITIES: ContainerCapabilities = {
  suspend: true,
  memoryLimit: false,
  cpuLimit: false,
  images: false,
  attributedLogs: true,
  isolation: 'none',
}

/** Options of {@link memoryContainers}. */
export interface MemoryContainersOptions {
  /** A start beyond the sum of all `memoryMb` fails with ERR_START_FAILED. Default: no bound. */
  readonly totalMemoryMb?: number
}

/**
 * Containers that are objects of this process and run `nodejs:*` source code in it: for tests, embedded use and
 * examples. Nothing separates an action from the platform: code that never yields stops everything.
 */
export function memoryContainers(options: MemoryContainersOptions = {}): Adapter<ContainerFactory> {
  const engine = new InProcessEngine(options.totalMemoryMb)
  return {
    name: '@stemcell/core/memory-containers',
    core: '^0.1.0',
    build: ({ clock, random }) =>
      new InProcessContainerFactory({
        engine,
        capabilities: CAPABILITIES,
        clock,
        random,
        start: (host) => startNodeProgram(host, clock),
      }),
  }
}
