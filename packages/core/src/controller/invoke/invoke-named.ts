import type { MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { Transaction } from '../../model/transaction.ts'
import { loadAction, locateAction, type ActionName } from '../admission/resolve-action.ts'
import type { ActivationOutcome, ActivationRequest } from './activator.ts'
import { invokeResolved, withAdmission, type InvokeServices } from './invoke-resolved.ts'
import type { Mutable } from '../../mutable.ts'
import { whenDone } from '../../when-done.ts'

export interface Caller {
  readonly user: Identity
  readonly transaction: Transaction
}

/** What a caller asks of an action, and how it wants to be answered. */
export interface InvocationOrder {
  readonly payload?: JsonText
  /** See `ActivationRequest`. */
  readonly activationId?: string
  readonly blocking: boolean
  /** How long a blocking caller waits, ms. Ignored otherwise. */
  readonly waitMs: number
  /** See `ActivationRequest`. */
  readonly onAccepted?: (activationId: string) => void
}

/**
 * Invokes the action that a caller names. The throttle comes first, so that a caller over its limit learns nothing
 * else; `order` is read once it is known that the caller may invoke what it names.
 * @throws Refusal; what `order` and the activator throw
 */
export function invokeNamed(
  services: InvokeServices,
  { user, transaction }: Caller,
  name: ActionName,
  order: () => MaybePromise<InvocationOrder>,
): MaybePromise<ActivationOutcome> {
  return withAdmission(services, user, (release) =>
    // Without a promise where nothing must be waited for: every invocation comes this way.
    whenDone(locateAction(services.cache, user, 'ACTIVATE', name), (place) =>
      whenDone(order(), ({ payload, blocking, waitMs, onAccepted, activationId }) =>
        whenDone(loadAction(services.cache, place), (target) => {
          const request: Mutable<ActivationRequest> = {
            transaction,
            user,
            target,
            blocking,
            waitMs,
            onSettled: release,
          }
          if (place.binding !== undefined) request.binding = place.binding
          if (payload) request.payload = payload
          if (onAccepted) request.onAccepted = onAccepted
          if (activationId !== undefined) request.activationId = activationId
          return invokeResolved(services, request)
        }),
      ),
    ),
  )
}
