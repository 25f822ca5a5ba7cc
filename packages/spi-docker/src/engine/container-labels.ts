import type { ContainerOwner, ContainerSpec } from '@stemcell/core'
import { engineLabels, ownerLabels } from '@stemcell/core/container-engine'

const FACTORY = 'stemcell.factory'
const KEY = 'stemcell.key'
/** They become names of folders. */
const NAME = /^[A-Za-z0-9]+$/

/** Which factory object made a container, and the name of the folder that the two share. */
export interface Maker {
  readonly factory: string
  readonly key: string
}

export function labelsOf(spec: ContainerSpec, { factory, key }: Maker): Record<string, string> {
  return { ...engineLabels(spec), [FACTORY]: factory, [KEY]: key }
}

/** Undefined for labels that this package did not set: nothing is done to such a container. */
export function makerOf(labels: Readonly<Record<string, string>>): Maker | undefined {
  const { [FACTORY]: factory = '', [KEY]: key = '' } = labels
  return NAME.test(factory) && NAME.test(key) ? { factory, key } : undefined
}

/** The name of a container, for people too. */
export function nameOf({ owner }: Pick<ContainerSpec, 'owner'>, { factory, key }: Maker): string {
  return `stemcell-${owner.invoker.replace(/[^\w.-]/g, '_')}-${factory}-${key}`
}

/** The key in what {@link nameOf} made. */
export function keyIn(name: string): string {
  return name.slice(name.lastIndexOf('-') + 1)
}

export function ownerFilter(owner: ContainerOwner): string[] {
  return [...Object.entries(ownerLabels(owner)).map(([name, value]) => `${name}=${value}`), KEY]
}

export function factoryFilter(factory: string): string {
  return `${FACTORY}=${factory}`
}
