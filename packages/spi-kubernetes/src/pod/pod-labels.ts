import type { ContainerOwner, ContainerSpec } from '@stemcell/core'
import { createHash } from 'node:crypto'
import type { Pod } from '../api/pod.ts'

const PLATFORM = 'stemcell.platform'
const INVOKER = 'stemcell.invoker'
const FACTORY = 'stemcell.factory'
const KEY = 'stemcell.key'
/** JSON of what the labels stand for: a label cannot hold every text. */
const OWNER = 'stemcell.owner'
const LABELS = 'stemcell.labels'
const OTHER = 'stemcell.label.'
const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'stemcell' }

/** What a value of a label may be. */
const VALUE = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/
const NAME = /^[A-Za-z0-9]([\w.-]{0,40}[A-Za-z0-9])?$/

/** Which factory object made a pod. */
export interface Maker {
  readonly factory: string
  readonly key: string
}

/** By which pods are found, with `kubectl` too. */
export function labelsOf({ owner, labels }: ContainerSpec, { factory, key }: Maker): Record<string, string> {
  const others = Object.entries(labels)
    .filter(([name]) => NAME.test(name))
    .map(([name, value]) => [OTHER + name, labelValue(value)] as const)
  return { ...MANAGED_BY, ...ownerLabels(owner), [FACTORY]: factory, [KEY]: key, ...Object.fromEntries(others) }
}

/** What the labels stand for, in full. */
export function annotationsOf({ owner, labels }: ContainerSpec): Record<string, string> {
  const { platform, invoker } = owner
  return { [OWNER]: JSON.stringify([platform, invoker]), [LABELS]: JSON.stringify(labels) }
}

/** The labels that {@link ContainerSpec.labels} had. */
export function specLabelsOf({ metadata }: Pod): Record<string, string> {
  const labels = parsed(metadata.annotations?.[LABELS])
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

/** Undefined for a pod that this package did not make: nothing is done to it. */
export function makerOf({ metadata }: Pod): Maker | undefined {
  const { [FACTORY]: factory, [KEY]: key } = metadata.labels ?? {}
  return factory !== undefined && key !== undefined ? { factory, key } : undefined
}

/** Whether it is really theirs: two long names may have the same label. */
export function isOf({ metadata }: Pod, { platform, invoker }: ContainerOwner): boolean {
  return metadata.annotations?.[OWNER] === JSON.stringify([platform, invoker])
}

export function ownerSelector(owner: ContainerOwner): string {
  const labels = Object.entries(ownerLabels(owner)).map(([name, value]) => `${name}=${value}`)
  return [...labels, FACTORY, KEY].join(',')
}

export function factorySelector(factory: string): string {
  return `${FACTORY}=${factory}`
}

/** The text itself where a label can hold it; else the start of it that can, and a hash of the whole. */
export function labelValue(text: string): string {
  if (VALUE.test(text)) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 24)
  const start = text
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 30)
  return start === '' ? hash : `${start}-${hash}`
}

function ownerLabels({ platform, invoker }: ContainerOwner): Record<string, string> {
  return { [PLATFORM]: labelValue(platform), [INVOKER]: labelValue(invoker) }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    // Somebody else wrote it.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
