import {
  memoryContainers,
  type Adapter,
  type AdapterContext,
  type Container,
  type ContainerCapabilities,
  type ContainerFactory,
  type ContainerOwner,
  type ContainerSpec,
  type ContainerSummary,
} from '@stemcell/core'

export interface MyContainersOptions {
  /** Where the engine is. */
  readonly url: string
}

export const capabilities: ContainerCapabilities = {
  suspend: true,
  memoryLimit: false,
  cpuLimit: false,
  images: false,
  attributedLogs: true,
  isolation: 'none',
}

// One engine for all factories of this process, as a real one would be.
const engine = memoryContainers()

/**
 * Containers are those of core, which run JavaScript inside this process. Replace them by those of your engine: what speaks
 * HTTP to a runtime is `HttpRuntimeClient` of `@stemcell/core/runtime-client`.
 */
export class MyContainers implements ContainerFactory {
  readonly capabilities = capabilities
  readonly #engine: ContainerFactory

  constructor(_options: MyContainersOptions, context: AdapterContext) {
    this.#engine = engine.build(context)
  }

  async open(): Promise<void> {
    await this.#engine.open()
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }

  create(spec: ContainerSpec, options?: { readonly signal?: AbortSignal }): Promise<Container> {
    return this.#engine.create(spec, options)
  }

  list(owner: ContainerOwner): Promise<readonly ContainerSummary[]> {
    return this.#engine.list(owner)
  }

  reap(owner: ContainerOwner): Promise<number> {
    return this.#engine.reap(owner)
  }
}

/** For `assemble({ containers: myContainers({ url }) })`. */
export function myContainers(options: MyContainersOptions): Adapter<ContainerFactory> {
  return { name: '__NAME__', core: '^__VERSION__', build: (context) => new MyContainers(options, context) }
}
