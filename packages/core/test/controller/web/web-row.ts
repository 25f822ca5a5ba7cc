import type { JsonValue } from '../../../src/model/json.ts'

/**
 * One observable fact about web actions, as data. In every text `{u}` stands for a name that no other row uses, which
 * is the name of the row's action; `{ns}` for the owner's namespace, `{other}` for another's.
 */
export interface WebRow {
  /** A sentence of behaviour. */
  readonly name: string
  /** What is there beforehand. Default: an exported action that answers with its arguments. */
  readonly given?: GivenAction
  readonly packages?: readonly GivenPackage[]
  readonly when?: WebRequest
  readonly answer: WebExpectation
}

export interface GivenAction {
  /** Default: answers with its arguments. */
  readonly code?: string
  /** Instead of code: what the action answers. */
  readonly returns?: JsonValue
  /** Besides `web-export: true`; undefined leaves that out. */
  readonly annotations?: Readonly<Record<string, JsonValue | undefined>>
  readonly parameters?: Readonly<Record<string, JsonValue>>
  /** Default: the owner's namespace itself. */
  readonly package?: string
  /** Namespace. Default `owner`. */
  readonly of?: string
}

export interface GivenPackage {
  readonly name: string
  /** Namespace. Default `owner`. */
  readonly of?: string
  readonly publish?: boolean
  readonly parameters?: Readonly<Record<string, JsonValue>>
  readonly binding?: { readonly namespace: string; readonly name: string }
}

export interface WebRequest {
  /** Default GET. */
  readonly method?: string
  /** Percent-encoded, from the root. Default: the row's action with `.json`. */
  readonly path?: string
  /** After the path. */
  readonly query?: string
  /** Default nobody. */
  readonly as?: 'owner' | 'other'
  /** Names and values alternate. */
  readonly headers?: readonly string[]
  readonly body?: string | Uint8Array
  /** Sent without a length. */
  readonly chunked?: boolean
}

export interface WebExpectation {
  /** Default 200. */
  readonly status?: number
  readonly reason?: string
  /** The `error` of the error object, pretty-printed as web actions do. */
  readonly error?: string | RegExp
  /** The same, compact as the framework does. */
  readonly rejection?: string | RegExp
  /** What the arguments, which the action answered with, contain; null: no such one. */
  readonly args?: Readonly<Record<string, JsonValue>>
  /** The whole body. */
  readonly text?: string
  readonly bytes?: Uint8Array
  /** The values of headers; null: must not be there. An array: one line each. */
  readonly headers?: Readonly<Record<string, string | RegExp | readonly string[] | null>>
}

/** The row's action without extension. */
export const WEB = '/api/v1/web/{ns}/default/{u}'
