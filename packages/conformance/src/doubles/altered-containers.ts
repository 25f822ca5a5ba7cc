import {
  adapterContext,
  memoryContainers,
  simulatedContainers,
  type Container,
  type ContainerFactory,
  type SimulatedContainersOptions,
} from '@stemcell/core'
import { containerSubject } from '../containers/container-factory-conformance.ts'
import type { ContainerSubject } from '../containers/container-subject.ts'

export interface Alteration {
  readonly factory?: (original: ContainerFactory) => Partial<ContainerFactory>
  readonly container?: (original: Container) => Partial<Container>
  /** Act out a script instead of running code. */
  readonly simulated?: SimulatedContainersOptions
}

/** A subject that keeps every promise but those which the alteration breaks. */
export function alteredContainers(alteration: Alteration): () => ContainerSubject {
  const { simulated } = alteration
  const adapter = simulated ? simulatedContainers(simulated) : memoryContainers()
  return () =>
    containerSubject(() => {
      const original = withContainers(adapter.build(adapterContext()), alteration)
      return { ...original, ...alteration.factory?.(original) }
    })
}

function withContainers(factory: ContainerFactory, { container: change }: Alteration): ContainerFactory {
  return {
    capabilities: factory.capabilities,
    open: () => factory.open(),
    close: () => factory.close(),
    list: (owner) => factory.list(owner),
    reap: (owner) => factory.reap(owner),
    async create(spec, options) {
      const original = delegating(await factory.create(spec, options))
      return { ...original, ...change?.(original) }
    },
  }
}

function delegating(container: Container): Container {
  return {
    id: container.id,
    exited: container.exited,
    init: (body, options) => container.init(body, options),
    run: (body, options) => container.run(body, options),
    openLog: (activationId, options) => container.openLog(activationId, options),
    suspend: () => container.suspend(),
    resume: () => container.resume(),
    ...(container.recall && { recall: () => container.recall!() }),
    destroy: () => container.destroy(),
  }
}
