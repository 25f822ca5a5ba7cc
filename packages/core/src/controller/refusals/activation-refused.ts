import { PlatformError } from '../../errors.ts'

/** An activation for which there was no room, or nobody to run it. It has been logged where it was refused. */
export class ActivationRefused extends PlatformError {
  constructor(reason: string) {
    super('ERR_UNAVAILABLE', reason)
  }
}
