import type { JsonValue } from '../model/json.ts'

// What the REST API answers, as types. They are aliases, so that each is a JsonObject, too. What OpenWhisk adds later, or a
// platform adds of its own, may stand beside what is named here.

/** A key and value beside an entity: an annotation or a default parameter. */
export type ApiKeyValue = { readonly key: string; readonly value: JsonValue }

/** What all entities have. */
type ApiEntity = {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly publish: boolean
  readonly annotations: ApiKeyValue[]
  /** Epoch ms. */
  readonly updated?: number
}

/** An action, as `GET …/actions/{name}` shows it; in listings without its code. */
export type ApiAction = ApiEntity & {
  readonly exec: {
    readonly kind?: string
    readonly code?: string
    readonly binary?: boolean
    readonly main?: string
    readonly image?: string
    readonly components?: string[]
  }
  readonly parameters?: ApiKeyValue[]
  /** Time in ms, memory and logs in MB. */
  readonly limits?: {
    readonly timeout?: number
    readonly memory?: number
    readonly logs?: number
    readonly concurrency?: number
  }
}

/** A trigger. `rules` tells of each rule whether it is active, and its action. */
export type ApiTrigger = ApiEntity & {
  readonly parameters?: ApiKeyValue[]
  readonly rules?: { readonly [rule: string]: JsonValue }
}

/** A rule. */
export type ApiRule = ApiEntity & {
  readonly status?: 'active' | 'inactive'
  readonly trigger: { readonly path: string; readonly name: string }
  readonly action: { readonly path: string; readonly name: string }
}

/** A package or a binding, with what is in it. */
export type ApiPackage = ApiEntity & {
  readonly parameters?: ApiKeyValue[]
  /** Of a binding: what it refers to. */
  readonly binding?: JsonValue
  readonly actions?: JsonValue[]
  readonly feeds?: JsonValue[]
}

/** The record of an activation. `R` is what the action returns. */
export type ApiActivation<R = JsonValue> = {
  /** 32 lower-case hexadecimal digits. */
  readonly activationId: string
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly subject: string
  /** Epoch ms. */
  readonly start: number
  /** Epoch ms; triggers have none. */
  readonly end?: number
  /** ms */
  readonly duration?: number
  readonly publish?: boolean
  /** The activation of the sequence or composition that this one belongs to. */
  readonly cause?: string
  readonly response: {
    readonly status: 'success' | 'application error' | 'action developer error' | 'whisk internal error'
    readonly statusCode?: number
    readonly success: boolean
    /** Of an activation that was no success: an object with `error`. */
    readonly result: R
    readonly size?: number
  }
  readonly logs: string[]
  readonly annotations: ApiKeyValue[]
}

/** An activation as listings show it. */
export type ApiActivationSummary = {
  readonly activationId: string
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly start: number
  readonly end?: number
  readonly duration?: number
  readonly statusCode?: number
  readonly publish?: boolean
  readonly annotations: ApiKeyValue[]
}

/** Which part of a listing is wanted: at most 200 entries, the newest first. */
export type ApiPage = {
  /** Default 30. */
  readonly limit?: number
  readonly skip?: number
}

/** Which activations are wanted. */
export type ApiActivationPage = ApiPage & {
  /** Of this action or trigger, `name` or `package/name`. */
  readonly name?: string
  /** Started no earlier, epoch ms. */
  readonly since?: number
  /** Started no later, epoch ms. */
  readonly upto?: number
}
