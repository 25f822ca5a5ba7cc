/** A refusal that says all by its code. */
type Nothing = undefined

/**
 * Why the controller refuses what a caller asks for, and what it knows of it. The codes are words of the domain: what
 * a client is told, and with which status, is `http/refusal-answer.ts`.
 */
export interface RefusalDetails {
  // Who asks, and what he may.
  'authentication-missing': Nothing
  'authentication-invalid': Nothing
  'caller-undetermined': Nothing
  'operator-unknown': Nothing
  'not-authorized': { readonly resource: string }
  'kind-not-authorized': { readonly kind: string }
  'kind-deprecated': { readonly kind: string }
  'shared-action-unreadable': { readonly package: string }
  'bound-action-unreadable': { readonly action: string }
  'shared-package-unreadable': { readonly package: string }
  'binding-unreadable': { readonly package: string }
  'too-many-per-minute': Overrun
  'too-many-at-once': Overrun
  'limits-unchecked': Nothing

  // Names, and what is found by them.
  'namespace-too-long': { readonly length: number; readonly allowed: number }
  'namespace-illegal': Nothing
  'name-too-long': { readonly length: number; readonly allowed: number }
  'name-illegal': Nothing
  'activation-id-length': { readonly length: number }
  'activation-id-illegal': Nothing
  'not-found': Nothing
  'resource-missing': { readonly resource: string }
  'already-exists': Nothing
  'other-collection': Nothing
  'concurrent-modification': Nothing

  // Listings and other questions.
  'list-limit-out-of-range': { readonly value: number; readonly max: number; readonly collection: string }
  'list-skip-negative': { readonly value: number; readonly collection: string }
  'list-number-malformed': { readonly parameter: string; readonly value: string; readonly collection: string }
  'activation-name-malformed': { readonly value: string }
  'moment-malformed': { readonly parameter: string; readonly value: string }
  'docs-with-count': Nothing
  'wait-out-of-range': { readonly maxMs: number }
  'single-limit-unreadable': Nothing

  // What is written of any entity.
  'field-too-large': { readonly field: string; readonly bytes: number; readonly allowedBytes: number }
  /** `firstField` is the first that was looked for. */
  'object-expected': { readonly firstField: string }
  'field-missing': { readonly field: string }
  /** `expected` is what OpenWhisk calls it, `json` the text of what there is. */
  'other-type-expected': { readonly expected: string; readonly json: string }
  'name-malformed': Nothing
  'version-malformed': Nothing
  'parameters-malformed': Nothing
  'parameter-not-its-own': { readonly key: string }
  'reference-malformed': Nothing
  'reference-empty': Nothing
  'reference-incomplete': Nothing
  'reference-illegal': { readonly segments: readonly string[] }

  // Actions.
  'exec-missing': Nothing
  'exec-malformed': Nothing
  'kind-missing': Nothing
  /** `known` are the kinds of the manifest. */
  'kind-unknown': { readonly kind: string; readonly known: readonly string[] }
  'code-missing': { readonly kind: string; readonly attached: boolean }
  'code-unreadable': { readonly json: string }
  'main-missing': { readonly kind: string }
  'main-malformed': { readonly kind: string }
  'image-missing': Nothing
  'image-malformed': Nothing
  'limit-malformed': { readonly limit: string }
  'limit-not-whole': { readonly limit: string }
  'limit-too-high': LimitBreach
  'limit-too-low': LimitBreach
  'size-negative': Nothing
  'instances-negative': Nothing
  'instances-too-many': { readonly allowed: number }

  // Sequences.
  'components-missing': Nothing
  'components-malformed': Nothing
  'sequence-empty': Nothing
  'sequence-too-long': Nothing
  'sequence-cyclic': Nothing
  'sequence-component-missing': Nothing

  // Packages.
  'package-reserved': { readonly name: string }
  'package-not-empty': { readonly count: number }
  'package-not-bindable': Nothing
  'binding-read-only': Nothing
  'binding-cyclic': { readonly binding: string }
  'binding-of-binding': Nothing
  'binding-target-missing': Nothing
  'binding-target-no-package': Nothing

  // Triggers and rules.
  'feed-malformed': Nothing
  'trigger-limits-malformed': Nothing
  'rule-incomplete': Nothing
  'rule-trigger-missing': Nothing
  'rule-state-missing': Nothing
  'rule-state-unknown': { readonly state: string }
  /** `type` is what OpenWhisk's JSON library calls the kind of value. */
  'rule-state-malformed': { readonly json: string; readonly type: string }
  'referent-missing': Referent
  'referent-of-other-kind': Referent
  'referent-corrupt': Nothing

  // Activations.
  'parameters-not-allowed': Nothing
  'activation-failed': Nothing

  // Web actions, and routes of the operator.
  'web-authentication-missing': Nothing
  'web-action-failed': Nothing
  'web-property-missing': Nothing
  'web-result-not-valid': { readonly mediaType: string }
  'web-type-unknown': Nothing
  'web-type-mismatch': Nothing
  'route-failed': Nothing
}

export type RefusalCode = keyof RefusalDetails

/** Codes that need no details. */
export type PlainRefusalCode = {
  [C in RefusalCode]: RefusalDetails[C] extends undefined ? C : never
}[RefusalCode]

interface Overrun {
  readonly count: number
  readonly allowed: number
  /** When it is worth to ask again. */
  readonly retryAfterS: number
}

interface LimitBreach {
  readonly limit: string
  readonly value: number
  readonly bound: number
  /** As it is written behind the numbers, a blank before it. */
  readonly unit: string
}

/** What a rule is to refer to. */
interface Referent {
  readonly what: 'trigger' | 'action'
  readonly id: string
}
