/** What the API tells of entities, as far as the console shows it. */

export interface Parameter {
  readonly key: string
  readonly value?: unknown
  readonly init?: boolean
}

export interface ActionLimits {
  readonly timeout?: number
  readonly memory?: number
  readonly logs?: number
  readonly concurrency?: number
}

export interface Action {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly annotations: readonly Parameter[]
  readonly parameters?: readonly Parameter[]
  readonly limits: ActionLimits
  readonly updated?: number
  readonly exec: {
    readonly kind?: string
    readonly code?: string
    readonly binary?: boolean
    readonly main?: string
    readonly image?: string
    readonly components?: readonly string[]
  }
}

export interface ActivationSummary {
  readonly activationId: string
  readonly name: string
  readonly namespace: string
  readonly version: string
  readonly start: number
  readonly end?: number
  readonly duration?: number
  readonly statusCode?: number
  readonly cause?: string
  readonly annotations: readonly Parameter[]
}

export interface Activation extends ActivationSummary {
  readonly subject: string
  readonly logs: readonly string[]
  readonly response: {
    readonly status?: string
    readonly statusCode?: number
    readonly success?: boolean
    readonly result?: unknown
    readonly size?: number
  }
}

export interface Trigger {
  readonly namespace: string
  readonly name: string
  readonly annotations: readonly Parameter[]
  readonly rules?: Readonly<
    Record<string, { readonly action: { readonly name: string; readonly path: string }; readonly status: string }>
  >
}

export function annotation(of: { readonly annotations?: readonly Parameter[] }, key: string): unknown {
  return of.annotations?.find((found) => found.key === key)?.value
}

/** `package/name`, or the name. */
export function localName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  const pkg = namespace.split('/')[1]
  return pkg === undefined ? name : `${pkg}/${name}`
}

export interface Stages {
  readonly queue?: number
  readonly acquire?: number
  readonly init?: number
  readonly run?: number
  readonly logs?: number
}

export function stagesOf(activation: ActivationSummary): Stages {
  const stages = annotation(activation, 'stages')
  return typeof stages === 'object' && stages !== null ? stages : {}
}

export const STATUS_TEXTS = ['success', 'application error', 'developer error', 'internal error'] as const

export function statusOf(activation: ActivationSummary | Activation): number {
  if (activation.statusCode !== undefined) return activation.statusCode
  if (!('response' in activation)) return 0
  const { statusCode, status } = activation.response
  if (statusCode !== undefined) return statusCode
  const index = ['success', 'application error', 'action developer error', 'whisk internal error'].indexOf(
    status ?? 'success',
  )
  return Math.max(0, index)
}
