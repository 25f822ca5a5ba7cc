import type { JsonText } from './json-text.ts'
import type { Parameters } from './parameters.ts'
import { parameterValue } from './parameters.ts'

/** 0 success, 1 application error, 2 action developer error, 3 whisk internal error. */
export type StatusCode = 0 | 1 | 2 | 3

/** Outward names of the status codes, by number. */
export const STATUS_TEXTS = ['success', 'application error', 'action developer error', 'whisk internal error'] as const

/** How an activation ended, and with what. */
export interface ActivationResponse {
  readonly statusCode: StatusCode
  readonly result?: JsonText
  /** Length of the runtime's reply, when a runtime replied. */
  readonly size?: number
}

/** The terminal record of one activation. */
export interface Activation {
  /** Namespace of the caller; of the owner for web actions. */
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly subject: string
  /** 32 lower-case hexadecimal digits. */
  readonly activationId: string
  /** Id of the enclosing sequence or composition. */
  readonly cause?: string
  /** Epoch ms. */
  readonly start: number
  /** Epoch ms; absent for triggers, which have no end. */
  readonly end?: number
  /** ms; absent when `end` is. For sequences the sum over their components, not `end - start`. */
  readonly duration?: number
  readonly publish: boolean
  readonly response: ActivationResponse
  readonly logs: readonly string[]
  readonly annotations: Parameters
}

/**
 * What the `name` filter of a listing is compared with: `package/name` when the record was made through a binding or
 * belongs to a packaged action, else the bare name.
 */
export function activationFilterName({ name, annotations }: Pick<Activation, 'name' | 'annotations'>): string {
  const binding = parameterValue(annotations, 'binding')
  if (typeof binding === 'string') {
    const pkg = binding.split('/')[1]
    if (pkg) return `${pkg}/${name}`
  }
  const path = parameterValue(annotations, 'path')
  if (typeof path === 'string') {
    const first = path.indexOf('/')
    const last = path.lastIndexOf('/')
    if (first !== last && path.indexOf('/', first + 1) === last) return `${path.slice(first + 1, last)}/${name}`
  }
  return name
}
