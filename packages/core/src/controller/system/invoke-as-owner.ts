import { isPromise } from '../../lifecycle.ts'
import { JsonText } from '../../model/json-text.ts'
import { newTransaction, type Transaction } from '../../model/transaction.ts'
import type { ActionInvocation, FiringOutcome } from '../../system-packages/system-package.ts'
import type { ApiServices } from '../services/api-services.ts'
import { requirePayloadFits } from '../admission/payload-limit.ts'
import { errorAnswer } from '../http/error-answer.ts'
import { Refusal } from '../refusals/refusal.ts'
import { invokeNamed } from '../invoke/invoke-named.ts'
import { refusedOutcome } from './refused-outcome.ts'

/** Invokes an action in the name of its namespace's owner, within the owner's limits, see `SystemPackageContext.invoke`. */
export async function invokeAsOwner(services: ApiServices, invocation: ActionInvocation): Promise<FiringOutcome> {
  const { parts } = services
  const transaction = newTransaction(parts.clock, parts.random)
  try {
    return await invoke(services, invocation, transaction)
  } catch (error) {
    return refusedOutcome(errorAnswer(error, transaction.id, parts.logger))
  }
}

async function invoke(
  services: ApiServices,
  { namespace, action, payload, activationId, again = false }: ActionInvocation,
  transaction: Transaction,
): Promise<FiringOutcome> {
  const { parts } = services
  const found = parts.auth.identityOf(namespace)
  const user = isPromise(found) ? await found : found
  if (!user) throw new Refusal('authentication-invalid')
  if (again && (await parts.activationStore.get(namespace, activationId))) return { status: 202 }
  const json = JsonText.of(payload)
  requirePayloadFits(json, user, parts.limits)
  const slash = action.indexOf('/')
  const place =
    slash < 0
      ? { namespace, name: action }
      : { namespace, package: action.slice(0, slash), name: action.slice(slash + 1) }
  await invokeNamed(services, { user, transaction }, place, () => ({
    payload: json,
    activationId,
    blocking: false,
    waitMs: 0,
  }))
  return { status: 202 }
}
