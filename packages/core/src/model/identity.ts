import type { NamespaceLimits } from './namespace-limits.ts'

/** What a key may be good for. */
export type Right = 'READ' | 'PUT' | 'DELETE' | 'ACTIVATE'

/** What a caller may do in a namespace of its own. */
export const ALL_RIGHTS: readonly Right[] = ['READ', 'PUT', 'DELETE', 'ACTIVATE']

/** A caller: a subject acting in one of its namespaces. */
export interface Identity {
  readonly subject: string
  readonly namespace: { readonly name: string; readonly uuid: string }
  readonly authkey: AuthKey
  readonly rights: readonly Right[]
  /** Overrides of the system's limits; empty when there are none. */
  readonly limits: NamespaceLimits
}

/** A key of a namespace. */
export interface AuthKey {
  readonly uuid: string
  /** 64 characters. */
  readonly key: string
}

/** `uuid:key`, as clients send it and as `__OW_API_KEY` carries it. */
export function authKeyText({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`
}

/** The parts of `uuid:key`; undefined when the text is none. */
export function readAuthKey(text: string): AuthKey | undefined {
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { uuid: text.slice(0, colon), key: text.slice(colon + 1) }
}

/** Keys of any other length are never valid. */
export const AUTH_KEY_LENGTH = 64
