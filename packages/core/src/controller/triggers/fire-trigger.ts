import { isPlatformError, PlatformError } from '../../errors.ts'
import { isPromise } from '../../lifecycle.ts'
import { activationIdOf, type Activation } from '../../model/activation.ts'
import { isJsonObject } from '../../model/json.ts'
import { JsonText } from '../../model/json-text.ts'
import { isStored, STORE_ALL } from '../../model/store-level.ts'
import type { Trigger } from '../../model/trigger.ts'
import { parametersAsObject } from '../../model/parameters.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { jsonAnswer, NO_CONTENT, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { arrivedBody, parseArguments, receiveArguments } from '../http/json-body.ts'
import { passedHeaders } from '../http/passed-headers.ts'
import type { Call } from '../http/route.ts'
import { entityName, targetNamespace } from '../admission/target-namespace.ts'
import { putRecord } from '../invoke/put-record.ts'
import { fireRules } from './fire-rules.ts'
import { requireTrigger } from './trigger-service.ts'

const STORE_ATTEMPTS = 6
const FIRST_PAUSE_MS = 50

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
  const { rules } = trigger
  if (!rules || ![...rules.values()].some(({ status }) => status === 'active')) return NO_CONTENT

  const activationId = activationIdOf(parts.random.uuid())
  const start = parts.clock.now()
  const logs = await fireRules(services, call, rules, argumentsOf(trigger, call, payload))
  const answer = jsonAnswer(202, JSON.stringify({ activationId }), ['x-openwhisk-activation-id', activationId])
  // The actions run: whoever fires again because the store is slow would have them run twice.
  call.late.answerIfLate(() => answer)
  if (isStored({ user, transaction: call.transaction, blocking: false }, 0, parts.storeLevels ?? STORE_ALL)) {
    await store(parts, {
      namespace: user.namespace.name,
      name: trigger.name,
      version: trigger.version,
      subject: user.subject,
      activationId,
      start,
      publish: false,
      response: { statusCode: 0, result: payload ?? JsonText.of({}) },
      logs,
      annotations: [],
    })
  }
  return answer
}

/** What the actions are told: the payload over the headers of the request over the parameters of the trigger. */
function argumentsOf({ parameters }: Trigger, { request }: Call, payload: JsonText | undefined): JsonText {
  const given = payload?.value
  const entries = [
    ...Object.entries(parametersAsObject(parameters)),
    ['__ow_headers', passedHeaders(request.headers)] as const,
    ...(isJsonObject(given) ? Object.entries(given) : []),
  ]
  // Keys are the user's: `__proto__` must stay an ordinary member.
  return JsonText.of(Object.fromEntries(entries))
}

/** @throws ERR_UNAVAILABLE the store did not take the record: the actions run, but the id must not be given away. */
async function store({ activationStore, clock, logger }: ControllerParts, record: Activation): Promise<void> {
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt++, pauseMs *= 2) {
    try {
      await putRecord(activationStore, record)
      return
    } catch (err) {
      const { namespace, name, activationId } = record
      if (attempt === STORE_ATTEMPTS || !(isPlatformError(err) && err.retryable)) {
        logger.error({ err, namespace, trigger: name, activationId }, 'record of a fired trigger not stored')
        throw new PlatformError('ERR_UNAVAILABLE', 'the activation store does not answer', { cause: err })
      }
    }
    await clock.sleep(pauseMs)
  }
}
