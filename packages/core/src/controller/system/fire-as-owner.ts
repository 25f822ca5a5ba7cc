import { isPromise } from '../../lifecycle.ts'
import { JsonText } from '../../model/json-text.ts'
import { newTransaction } from '../../model/transaction.ts'
import type { FiringOutcome, TriggerFiring } from '../../system-packages/system-package.ts'
import type { ApiServices } from '../services/api-services.ts'
import { requirePayloadFits } from '../admission/payload-limit.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { errorAnswer } from '../http/error-answer.ts'
import { refusedOutcome } from './refused-outcome.ts'
import { Refusal } from '../refusals/refusal.ts'
import { hasActiveRule, runTrigger } from '../triggers/run-trigger.ts'
import { requireTrigger } from '../triggers/trigger-service.ts'

/** Fires a trigger in the name of a key's owner, within its limits, see `SystemPackageContext.fire`. */
export async function fireAsOwner(services: ApiServices, firing: TriggerFiring): Promise<FiringOutcome> {
  const { parts } = services
  const transaction = newTransaction(parts.clock, parts.random)
  try {
    return await fire(services, firing, transaction)
  } catch (error) {
    return refusedOutcome(errorAnswer(error, transaction.id, parts.logger))
  }
}

async function fire(
  services: ApiServices,
  { key, trigger: name, payload, activationId, annotations, again = false }: TriggerFiring,
  transaction: ReturnType<typeof newTransaction>,
): Promise<FiringOutcome> {
  const { parts, cache, throttle } = services
  const found = parts.auth.authenticate({ scheme: 'basic', user: key.uuid, password: key.key })
  const user = isPromise(found) ? await found : found
  if (!user) throw new Refusal('authentication-invalid')
  const namespace = user.namespace.name
  if (again && (await parts.activationStore.get(namespace, activationId))) return { status: 202 }
  requireOwner(user, 'ACTIVATE', namespace, name)
  const entity = cache.get(`${namespace}/${name}`)
  const trigger = requireTrigger(isPromise(entity) ? await entity : entity)
  const json = JsonText.of(payload)
  requirePayloadFits(json, user, parts.limits)
  const admitted = throttle.admitFire(user)
  if (isPromise(admitted)) await admitted
  if (!hasActiveRule(trigger)) return { status: 204 }
  await runTrigger(services, { user, transaction }, trigger, {
    activationId,
    payload: json,
    annotations: Object.entries(annotations).map(([entry, value]) => ({ key: entry, value })),
    repeatable: { again },
  })
  return { status: 202 }
}
