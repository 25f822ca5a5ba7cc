import { isPromise } from '../../lifecycle.ts'
import { jsonAnswer, NO_CONTENT, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { arrivedBody, parseArguments, receiveArguments } from '../http/json-body.ts'
import { passedHeaders } from '../http/passed-headers.ts'
import type { Call } from '../http/route.ts'
import { randomId } from '../../time/random.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import { hasActiveRule, runTrigger } from './run-trigger.ts'
import { requireTrigger } from './trigger-service.ts'

/**
 * Answers `POST …/triggers/…`. The id is given away once every rule has been dealt with and the record is stored, so
 * that a crash cannot leave an id of which nothing comes; a caller without an answer may fire again.
 */
export async function fireTrigger(services: ApiServices, call: Call): Promise<Answer> {
  const { parts, cache, throttle } = services
  const { request, user } = call
  const path = targetNamespace(call)
  const name = entityName(call, 'triggerName')
  const receiving = receiveArguments(call, maxPayloadBytes(user.limits, parts.limits))
  const arrived = isPromise(receiving) ? await receiving : receiving
  const admitted = throttle.admitFire(user)
  if (isPromise(admitted)) await admitted
  requireOwner(user, 'ACTIVATE', path, name)
  const payload = parseArguments(request, arrivedBody(arrived))
  const found = cache.get(`${path}/${name}`)
  const trigger = requireTrigger(isPromise(found) ? await found : found)
  if (!hasActiveRule(trigger)) return NO_CONTENT

  const activationId = randomId(parts.random)
  const answer = jsonAnswer(202, JSON.stringify({ activationId }), ['x-openwhisk-activation-id', activationId])
  await runTrigger(services, call, trigger, {
    activationId,
    payload,
    headers: passedHeaders(request.headers),
    // Whoever fires again because the store is slow would have the actions run twice.
    onFired: () => call.late.answerIfLate(() => answer),
  })
  return answer
}
