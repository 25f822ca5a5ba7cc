import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import type { Authenticator } from '../admission/authenticator.ts'
import { Refusal } from '../refusals/refusal.ts'

const BASIC = /^basic /i

/** The caller, or undefined when there are no credentials of the platform: whatever else there is, is the action's. */
export function optionalIdentity(
  authenticator: Authenticator,
  header: string | undefined,
): MaybePromise<Identity | undefined> {
  if (header === undefined || !BASIC.test(header)) return undefined
  try {
    const found = authenticator.authenticate(header)
    return isPromise(found) ? found.catch(anonymous) : found
  } catch (error) {
    return anonymous(error)
  }
}

function anonymous(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error
}
