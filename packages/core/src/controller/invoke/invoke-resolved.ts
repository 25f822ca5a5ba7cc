import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Action } from '../../model/action.ts'
import { isSequence } from '../../model/exec.ts'
import type { Identity } from '../../model/identity.ts'
import { isJsonObject } from '../../model/json.ts'
import type { JsonText } from '../../model/json-text.ts'
import { parameterValue } from '../../model/parameters.ts'
import { authorizeComponents } from '../admission/check-sequence.ts'
import { requireSupportedKind } from '../admission/supported-kind.ts'
import type { Throttle } from '../admission/throttle.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { Refusal } from '../refusals/refusal.ts'
import { ActivationGoesOn } from './activation-goes-on.ts'
import type { ActivationOutcome, ActivationRequest, Activator } from './activator.ts'
import { whenDone } from '../../when-done.ts'

/** What an invocation needs of the controller. */
export interface InvokeServices {
  readonly parts: Pick<ControllerParts, 'manifest' | 'logger'>
  readonly cache: EntityCache
  readonly activator: Activator
  readonly throttle: Throttle
}

/**
 * Lets `invoke` run once the limits of the user allow one more invocation. Whoever invokes passes `release` on as the
 * `onSettled` of the activation; when `invoke` throws it is called here, unless the activation goes on all the same, and
 * calling it again does no harm.
 * @throws Refusal too-many-per-minute, too-many-at-once
 */
export function withAdmission<T>(
  { throttle }: Pick<InvokeServices, 'throttle'>,
  user: Identity,
  invoke: (release: () => void) => MaybePromise<T>,
): MaybePromise<T> {
  return whenDone(throttle.admitInvocation(user), (release) => {
    const failed = (error: unknown): never => {
      if (!(error instanceof ActivationGoesOn)) release()
      throw error
    }
    try {
      const invoked = invoke(release)
      return isPromise(invoked) ? invoked.catch(failed) : invoked
    } catch (error) {
      return failed(error)
    }
  })
}

/**
 * Activates an action that was found and may be used by the caller, unless its kind is retired, a component of the
 * sequence that it is may not be used, or the payload overrides what the action declares final.
 * @throws Refusal kind-deprecated, parameters-not-allowed, activation-failed; what `authorizeComponents` and the
 * activator throw
 */
export function invokeResolved(
  services: Omit<InvokeServices, 'throttle'>,
  request: ActivationRequest,
): Promise<ActivationOutcome> {
  const { exec } = request.target.action
  requireSupportedKind(exec, services.parts.manifest)
  return isSequence(exec) ? invokeSequence(services, request, exec.components) : activate(services, request)
}

function invokeSequence(
  services: Omit<InvokeServices, 'throttle'>,
  request: ActivationRequest,
  components: readonly string[],
): Promise<ActivationOutcome> {
  const authorized = authorizeComponents(services.cache, request.user, 'ACTIVATE', components)
  return isPromise(authorized) ? authorized.then(() => activate(services, request)) : activate(services, request)
}

function activate(
  { parts, activator }: Pick<InvokeServices, 'parts' | 'activator'>,
  request: ActivationRequest,
): Promise<ActivationOutcome> {
  const { target, payload, transaction } = request
  if (payload && definesFinal(target.action, payload)) throw new Refusal('parameters-not-allowed')
  const failed = (error: unknown): never => {
    if (isPlatformError(error)) throw error
    parts.logger.error({ err: error, transactionId: transaction.id }, 'activation failed unexpectedly')
    throw new Refusal('activation-failed')
  }
  try {
    return activator.activate(request).catch(failed)
  } catch (error) {
    return failed(error)
  }
}

/** Whether arguments name a parameter that the action declares final; a parameter of null stays open. */
function definesFinal({ annotations, parameters }: Action, payload: JsonText): boolean {
  if (parameters.length === 0 || parameterValue(annotations, 'final') !== true) return false
  const { value } = payload
  if (!isJsonObject(value)) return false
  return parameters.some((parameter) => parameter.value !== null && Object.hasOwn(value, parameter.key))
}
