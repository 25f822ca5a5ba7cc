/** Why an administrative command was refused. */
export type AdministrationReason = 'invalid' | 'not-found' | 'exists' | 'blocked'

/** A refusal whose message is meant for the operator, word for word as OpenWhisk's `wskadmin` says it. */
export class AdministrationError extends Error {
  override readonly name = 'AdministrationError'
  readonly reason: AdministrationReason

  constructor(reason: AdministrationReason, message: string) {
    super(message)
    this.reason = reason
  }
}
