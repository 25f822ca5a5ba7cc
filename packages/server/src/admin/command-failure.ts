import { AdministrationError } from '@stemcell/core'

/** A command that did not do what it was asked for, with an exit code of its own. What it has to say may be said already. */
export class CommandFailure extends AdministrationError {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super('invalid', message)
    this.exitCode = exitCode
  }
}

/** A wish that no store was asked about, as `wskadmin` ends with it. */
export const NOT_UNDERSTOOD = 2
