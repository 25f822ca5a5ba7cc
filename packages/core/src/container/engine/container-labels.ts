import type { ContainerOwner, ContainerSpec } from '../container-factory.ts'

const PLATFORM = 'stemcell.platform'
const INVOKER = 'stemcell.invoker'
const OTHER = 'stemcell.label.'

/** Labels of a container of ours on its engine. */
export function engineLabels({ owner, labels }: ContainerSpec): Record<string, string> {
  const others = Object.entries(labels).map(([name, value]): [string, string] => [OTHER + name, value])
  return { ...ownerLabels(owner), ...Object.fromEntries(others) }
}

/** Those by which the containers of one invoker are found. */
export function ownerLabels({ platform, invoker }: ContainerOwner): Record<string, string> {
  return { [PLATFORM]: platform, [INVOKER]: invoker }
}

/** The labels that {@link ContainerSpec.labels} had. */
export function specLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(labels).filter(([name]) => name.startsWith(OTHER))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(OTHER.length), value]))
}

/** For what the containers of a platform share, such as a network. */
export function platformLabel(platform: string): Record<string, string> {
  return { [PLATFORM]: platform }
}
