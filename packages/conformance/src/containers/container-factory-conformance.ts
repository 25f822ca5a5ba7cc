import type { ContainerCapabilities, ContainerFactory, ContainerSpec } from '@stemcell/core'
import { containerFactoryCases } from './container-factory-cases.ts'
import type { ContainerSubject } from './container-subject.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'

export interface ContainerFactoryConformanceOptions extends Pick<
  ConformanceOptions<ContainerSubject>,
  'patienceMs' | 'knownFailures'
> {
  /** Returns a new, unopened factory on every call, all on the same engine: they must see each other's containers. */
  readonly create: () => ContainerFactory
  /** Backend clean-up after each case; the kit has already closed the factory. */
  readonly destroy?: (factory: ContainerFactory) => Promise<void>
  /** What the adapter's README publishes. */
  readonly capabilities: ContainerCapabilities
  /** How to get a container that runs Node.js source: kind and image, and anything else the engine needs. */
  readonly spec?: Partial<ContainerSpec>
  /** What the factory refuses. Default: a kind that nobody has. */
  readonly unsupported?: Partial<ContainerSpec>
  /** See `CaseHooks`: containers that run go on meanwhile. */
  readonly disrupt?: (factory: ContainerFactory) => Promise<void>
  readonly restore?: (factory: ContainerFactory) => Promise<void>
}

/** Runs every promise of the ContainerFactory SPI against an adapter. */
export function containerFactoryConformance(
  name: string,
  options: ContainerFactoryConformanceOptions,
): ConformanceSuite {
  const { create, destroy, capabilities, patienceMs, knownFailures, disrupt, restore } = options
  return caseSuite<ContainerSubject>('ContainerFactory', name, containerFactoryCases, {
    create: () => containerSubject(create, options),
    capabilities,
    ...(disrupt && { disrupt: (subject) => disrupt(subject.factory) }),
    ...(restore && { restore: (subject) => restore(subject.factory) }),
    ...(destroy && { destroy: (subject) => destroy(subject.factory) }),
    ...(patienceMs !== undefined && { patienceMs }),
    ...(knownFailures && { knownFailures }),
  })
}

/** For running the cases by other means: a factory with what they need to know about it. */
export function containerSubject(
  create: () => ContainerFactory,
  options: Pick<ContainerFactoryConformanceOptions, 'spec' | 'unsupported'> = {},
): ContainerSubject {
  const factory = create()
  return {
    factory,
    capabilities: factory.capabilities,
    another: create,
    spec: options.spec ?? {},
    unsupported: options.unsupported ?? { kind: 'no-such-kind:1' },
    open: () => factory.open(),
    close: () => factory.close(),
  }
}
