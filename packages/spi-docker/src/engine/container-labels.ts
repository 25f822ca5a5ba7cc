import type { ContainerOwner, ContainerSpec } from '@stemcell/core'

const PLATFORM = 'stemcell.platform'
const INVOKER = 'stemcell.invoker'
const FACTORY = 'stemcell.factory'
const KEY = 'stemcell.key'
const OTHER = 'stemcell.label.'
/** They become names of folders. */
const NAME = /^[A-Za-z0-9]+$/

/** Which factory object made a container, and the name of the folder that the two share. */
export interface Maker {
  readonly factory: string
  readonly key: string
}

export function labelsOf({ owner, labels }: ContainerSpec, { factory, key }: Maker): Record<string, string> {
  const own = { [PLATFORM]: owner.platform, [INVOKER]: owner.invoker, [FACTORY]: factory, [KEY]: key }
  const others = Object.entries(labels).map(([name, value]) => [OTHER + name, value])
  return { ...own, ...(Object.fromEntries(others) as Record<string, string>) }
}

/** The labels that {@link ContainerSpec.labels} had. */
export function specLabelsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(labels).filter(([name]) => name.startsWith(OTHER))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(OTHER.length), value]))
}

/** Undefined for labels that this package did not set: nothing is done to such a container. */
export function makerOf(labels: Readonly<Record<string, string>>): Maker | undefined {
  const { [FACTORY]: factory = '', [KEY]: key = '' } = labels
  return NAME.test(factory) && NAME.test(key) ? { factory, key } : undefined
}

export function ownerFilter({ platform, invoker }: ContainerOwner): string[] {
  return [`${PLATFORM}=${platform}`, `${INVOKER}=${invoker}`, KEY]
}

export function factoryFilter(factory: string): string {
  return `${FACTORY}=${factory}`
}

export function platformLabel(platform: string): Record<string, string> {
  return { [PLATFORM]: platform }
}
