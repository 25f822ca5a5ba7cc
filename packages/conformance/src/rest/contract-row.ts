import type { JsonObject, JsonValue } from '@stemcell/core'

/**
 * One observable fact of the REST API, as data: what must be there, what is asked, what must come back. Rows know
 * nothing of the server but its address and two callers, so they hold for any server that speaks this API.
 *
 * In texts `{u}` stands for a name that no other row uses, `{ns}` for the owner's namespace, `{%ns}` for the same with
 * each character percent-encoded, `{other}` for the other caller's, `{id}` for the activation id that was answered last,
 * `{origin}` for scheme, host and port of the server.
 */
export interface ContractRow {
  /** A sentence of behaviour. */
  readonly name: string
  /**
   * Why OpenWhisk does not do what the row says: one of `DIFFERENCES`, or another reason where the row is not about
   * Stemcell. Where the server is OpenWhisk, the row is skipped.
   */
  readonly differs?: string
  /** Where the server does not have it, the row is skipped. */
  readonly needs?: RowNeeds
  /** Done first, in order; each must be answered with 2xx, or with `expected`. */
  readonly given?: readonly GivenStep[]
  readonly when: RequestStep
  readonly answer: Expectation
}

export interface RowNeeds {
  /** Kinds of actions. */
  readonly kinds?: readonly string[]
  /** Packages of `whisk.system`. */
  readonly packages?: readonly string[]
  /** The owner is a caller of the row's own, whose namespace has these limits. */
  readonly limits?: JsonObject
}

export type GivenStep = RequestStep | PackageStep | StoredStep

export interface RequestStep {
  readonly method: string
  /** From the root of the server, percent-encoded. */
  readonly path: string
  /** Default `owner`. A text is sent as the header itself. */
  readonly as?: 'owner' | 'other' | 'nobody' | { readonly authorization: string }
  /**
   * By name; null leaves out a header that would be sent otherwise. Or names and values that alternate, and then
   * nothing else is sent but what `as` says.
   */
  readonly headers?: Readonly<Record<string, string | null>> | readonly string[]
  /** A value is sent as JSON of that type; a text, or bytes, as it is. */
  readonly body?: unknown
  /** Sent without a length, as chunks. */
  readonly chunked?: boolean
  /** Asked again until it is answered with this status: for records, which appear a little later. */
  readonly until?: number
  /** Asked again until the body, whose JSON is an array, has this many items. */
  readonly untilItems?: number
  /** Status that a step of `given` must have; default: any of 2xx. */
  readonly expected?: number
}

/** A package or, with `binding`, a reference to one. */
export interface PackageStep {
  readonly package: string
  readonly of?: 'owner' | 'other'
  readonly publish?: boolean
  readonly parameters?: readonly { readonly key: string; readonly value: unknown }[]
  readonly binding?: { readonly namespace: string; readonly name: string }
}

/** A document that the API itself would not write. */
export interface StoredStep {
  readonly stored: JsonObject
  readonly id: string
}

export interface Expectation {
  readonly status: number
  readonly reason?: string
  /** The `error` of the error object, which must have nothing else but a `code` equal to the transaction id. */
  readonly error?: string | RegExp
  /** The same of an error object that is pretty-printed, as web actions do. */
  readonly prettyError?: string | RegExp
  /** What the JSON body must contain: of objects the named fields, arrays and other values entirely. */
  readonly body?: unknown
  /** What the JSON array must contain in one of its items, as `body` would. */
  readonly includes?: unknown
  /** The fields of the JSON object, no more and no less. */
  readonly fields?: readonly string[]
  /** The fields of each item of a JSON array, no more and no less; there must be an item. */
  readonly itemFields?: readonly string[]
  /** Names that no item of a JSON array may have. */
  readonly excludes?: readonly string[]
  /** Fields of the JSON object with their whole values; null means that the field must not be there. */
  readonly args?: Readonly<Record<string, JsonValue>>
  /** The body as text; a RegExp must match. */
  readonly text?: string | RegExp
  readonly bytes?: Uint8Array
  /** A RegExp must match; null means that the header must not be there; an array has an item for each line. */
  readonly headers?: Readonly<Record<string, string | RegExp | readonly string[] | null>>
}

/** Stands in `Expectation.body` for a value that must be there, whatever it is. */
export const ANYTHING: unique symbol = Symbol('anything')

/** Stands in `Expectation.body` for a text that is JSON itself, whatever the order of its members. */
export class JsonInText {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** Stands in `Expectation.body` for an array of these items, in whatever order. */
export class AnyOrder {
  readonly items: readonly unknown[]

  constructor(items: readonly unknown[]) {
    this.items = items
  }
}
