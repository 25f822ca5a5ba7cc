import type { JsonObject } from './json.ts'

/** What an action runs. */
export type Exec = CodeExec | BlackboxExec | SequenceExec

/** Code of a kind that the runtimes manifest lists. */
export interface CodeExec {
  readonly kind: string
  readonly code: Code
  readonly binary: boolean
  readonly main?: string
}

/** The user's own image, with or without code. */
export interface BlackboxExec {
  readonly kind: 'blackbox'
  readonly image: string
  readonly code?: Code
  readonly binary: boolean
  readonly main?: string
}

export interface SequenceExec {
  readonly kind: 'sequence'
  /** Fully qualified names with a leading slash. */
  readonly components: readonly string[]
}

/**
 * Code as clients write it: source text, or base64 of an archive. In a stored document it is either inline or an
 * attachment; `attachment` then names it and the text must be read from the store.
 */
export type Code = { readonly text: string } | AttachedCode

export interface AttachedCode {
  readonly attachment: string
  readonly contentType: string
  /** How the document refers to it, where it would be written otherwise today: an update leaves that as it is. */
  readonly reference?: JsonObject
}

export function isSequence(exec: Exec): exec is SequenceExec {
  return exec.kind === 'sequence'
}

export function isBlackbox(exec: Exec): exec is BlackboxExec {
  return exec.kind === 'blackbox'
}

/** Of text whose length is a multiple of 4. No group is repeated: that would not bear long code. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Whether code is taken for a base64 archive rather than source text: OpenWhisk looks only at the alphabet, so that
 * the source `abcd` is binary too.
 */
export function isBinaryCode(code: string): boolean {
  const trimmed = code.trim()
  return trimmed.length > 0 && trimmed.length % 4 === 0 && BASE64.test(trimmed)
}
