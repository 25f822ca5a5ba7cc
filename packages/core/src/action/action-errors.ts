import type { ApiActivation } from '../assembly/api-entities.ts'
import { standardProblems, type StandardIssue } from '../standard-schema.ts'

/** What did not fit its schema. */
export type InvalidPart = 'parameters' | 'result'

/** Parameters that were not sent, or a result that is not what the action promises. */
export class InvalidValue extends TypeError {
  override readonly name = 'InvalidValue'
  readonly code = 'ERR_INVALID_VALUE'
  readonly action: string
  readonly part: InvalidPart
  readonly issues: readonly StandardIssue[]

  constructor(action: string, part: InvalidPart, issues: readonly StandardIssue[]) {
    super(`${part} of ${action}: ${standardProblems(issues)}`)
    this.action = action
    this.part = part
    this.issues = issues
  }
}

/** The action was run, and ended with an error. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed'
  readonly code = 'ERR_ACTION_FAILED'
  readonly action: string
  /** The whole record, logs included. */
  readonly activation: ApiActivation

  constructor(action: string, activation: ApiActivation) {
    const { status, result } = activation.response
    super(`${action} (${activation.activationId}) ended with ${status}: ${JSON.stringify(result)}`)
    this.action = action
    this.activation = activation
  }
}
