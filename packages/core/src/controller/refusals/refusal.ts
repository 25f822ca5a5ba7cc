import type { RefusalCode, RefusalDetails } from './refusal-codes.ts'

type GivenDetails<C extends RefusalCode> = RefusalDetails[C] extends undefined ? [] : [details: RefusalDetails[C]]

/** What a caller asked for is refused. */
export class Refusal<C extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refusal'
  readonly code: C
  readonly details: RefusalDetails[C]

  constructor(code: C, ...[details]: GivenDetails<C>) {
    super(code)
    this.code = code
    this.details = details as RefusalDetails[C]
  }
}

export function isRefusal<C extends RefusalCode>(error: unknown, code: C): error is Refusal<C> {
  return error instanceof Refusal && error.code === code
}
