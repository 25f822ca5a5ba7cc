import { PlatformError } from '../../errors.ts'

/**
 * The store does not answer, so the caller is told no id; the activation goes on all the same, and keeps its place in the
 * limit of its namespace until it has ended.
 */
export class ActivationGoesOn extends PlatformError {
  constructor(cause: unknown) {
    super('ERR_UNAVAILABLE', 'the activation store does not answer', { cause })
  }
}
