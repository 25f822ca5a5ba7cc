import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { Transaction } from '../../model/transaction.ts'
import { loadAction, locateAction, type ActionName } from '../admission/resolve-action.ts'
import { ActivationGoesOn } from './activation-goes-on.ts'
import type { ActivationOutcome, ActivationRequest } from './activator.ts'
import { invokeResolved, type InvokeServices } from './invoke-resolved.ts'
import type { Mutable } from '../../mutable.ts'

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
export async function invokeNamed(
  services: InvokeServices,
  { user, transaction }: Caller,
  name: ActionName,
  order: () => MaybePromise<InvocationOrder>,
): Promise<ActivationOutcome> {
  const admitted = services.throttle.admitInvocation(user)
  const release = isPromise(admitted) ? await admitted : admitted
  // One function without a wait where nothing must be waited for: every invocation comes this way.
  try {
    const located = locateAction(services.cache, user, 'ACTIVATE', name)
    const place = isPromise(located) ? await located : located
    const read = order()
    const { payload, blocking, waitMs, onAccepted, activationId } = isPromise(read) ? await read : read
    const loaded = loadAction(services.cache, place)
    const target = isPromise(loaded) ? await loaded : loaded
    const request: Mutable<ActivationRequest> = { transaction, user, target, blocking, waitMs, onSettled: release }
    if (place.binding !== undefined) request.binding = place.binding
    if (payload) request.payload = payload
    if (onAccepted) request.onAccepted = onAccepted
    if (activationId !== undefined) request.activationId = activationId
    return await invokeResolved(services, request)
  } catch (error) {
    if (!(error instanceof ActivationGoesOn)) release()
    throw error
  }
}
