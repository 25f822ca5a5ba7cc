import type { JsonValue, Limits, Values } from './model.ts'

/** What may be said of an action beside its code; the same in comments, in stemcell.yaml and on the command line. */
export interface ActionSettings {
  readonly kind?: string
  readonly main?: string
  /** An image that runs it. */
  readonly docker?: string
  readonly native?: boolean
  readonly limits: Limits
  readonly parameters: Values
  readonly annotations: Values
  readonly web?: Web
  readonly webSecure?: JsonValue
  /** Fires it, five fields. */
  readonly cron?: string
}

export type Web = 'yes' | 'raw' | 'no'

export const NO_SETTINGS: ActionSettings = { limits: {}, parameters: {}, annotations: {} }

/** The later ones win, value by value. */
export function mergeSettings(first: ActionSettings, second: ActionSettings): ActionSettings {
  return {
    ...first,
    ...second,
    limits: { ...first.limits, ...second.limits },
    parameters: { ...first.parameters, ...second.parameters },
    annotations: { ...first.annotations, ...second.annotations },
  }
}

/** `wsk`'s words for it; undefined for another. */
export function webOf(value: string | boolean): Web | undefined {
  switch (String(value).toLowerCase()) {
    case 'true':
    case 'yes':
      return 'yes'
    case 'raw':
      return 'raw'
    case 'false':
    case 'no':
      return 'no'
    default:
      return undefined
  }
}

/** The annotations that `wsk --web` sets. */
export function webAnnotations(web: Web): Values {
  return { 'web-export': web !== 'no', 'raw-http': web === 'raw', final: web !== 'no' }
}

/** All annotations that settings mean. */
export function annotationsOf({ annotations, web, webSecure }: ActionSettings): Values {
  return {
    ...annotations,
    ...(web === undefined ? {} : webAnnotations(web)),
    ...(webSecure === undefined || webSecure === false ? {} : { 'require-whisk-auth': webSecure }),
  }
}
