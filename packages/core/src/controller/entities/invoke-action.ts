import { isPlatformError } from '../../errors.ts'
import { isPromise } from '../../lifecycle.ts'
import type { Action } from '../../model/action.ts'
import { isSequence } from '../../model/exec.ts'
import { isJsonObject } from '../../model/json.ts'
import type { JsonText } from '../../model/json-text.ts'
import { parameterValue } from '../../model/parameters.ts'
import { extendedRecordText } from '../activations/extended-record.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../http/api-services.ts'
import { maxPayloadBytes } from '../http/effective-limits.ts'
import { HttpError } from '../http/http-error.ts'
import { checkAnnouncedLength, readArguments } from '../http/json-body.ts'
import type { Call } from '../http/route.ts'
import { kindUnknown, TEXTS } from '../http/texts.ts'
import type { ActivationOutcome, ActivationRequest } from '../invoke/activator.ts'
import { authorizeComponents } from './check-sequence.ts'
import { loadAction, locateAction, type ActionName } from './resolve-action.ts'
import { requireSupportedKind } from './write-action.ts'

/** HTTP status of a finished activation, by its status code. */
const STATUS_OF_CODE = [200, 502, 502, 500] as const

/** Answers `POST …/actions/…`. The throttle comes first, so that a caller over its limit learns nothing else. */
export async function invokeAction(services: ApiServices, call: Call, name: ActionName): Promise<Answer> {
  const admitted = services.throttle.admitInvocation(call.user)
  const release = isPromise(admitted) ? await admitted : admitted
  try {
    return await invokeAdmitted(services, call, name, release)
  } catch (error) {
    release()
    throw error
  }
}

async function invokeAdmitted(
  { parts, cache, activator, invokeQueries, options }: ApiServices,
  call: Call,
  name: ActionName,
  release: () => void,
): Promise<Answer> {
  const { request, user, transaction } = call
  const located = locateAction(cache, user, 'ACTIVATE', name)
  const place = isPromise(located) ? await located : located
  const allowedBytes = maxPayloadBytes(user.limits, parts.limits)
  checkAnnouncedLength(request, allowedBytes)
  const wanted = invokeQueries.parse(call.rawQuery)
  const read = readArguments(request, parts.limits.maxRequestBytes, allowedBytes)
  const payload = isPromise(read) ? await read : read
  const loaded = loadAction(cache, place)
  const target = isPromise(loaded) ? await loaded : loaded
  const { exec } = target.action
  requireSupportedKind(exec, parts.manifest)
  if (isSequence(exec)) {
    if (!options.sequences) throw new HttpError(400, kindUnknown(exec.kind, parts.manifest.kinds))
    await authorizeComponents(cache, user, 'ACTIVATE', exec.components)
  }
  if (payload && definesFinal(target.action, payload)) throw new HttpError(400, TEXTS.parametersNotAllowed)

  // Filled field by field: spreading what is optional costs more than all else here.
  const { blocking, waitMs } = wanted
  const activation: { -readonly [K in keyof ActivationRequest]: ActivationRequest[K] } = {
    transaction,
    user,
    target,
    blocking,
    waitMs,
    onSettled: release,
  }
  if (place.binding !== undefined) activation.binding = place.binding
  if (payload) activation.payload = payload
  try {
    return outcomeAnswer(await activator.activate(activation), wanted.resultOnly)
  } catch (error) {
    if (isPlatformError(error) || error instanceof MissingResult) throw error
    parts.logger.error({ err: error, transactionId: transaction.id }, 'activation failed unexpectedly')
    throw new HttpError(500)
  }
}

/** Whether arguments name a parameter that the action declares final; a parameter of null stays open. */
function definesFinal({ annotations, parameters }: Action, { value }: JsonText): boolean {
  if (parameterValue(annotations, 'final') !== true || !isJsonObject(value)) return false
  return parameters.some((parameter) => parameter.value !== null && Object.hasOwn(value, parameter.key))
}

/** A finished activation whose result the caller asked for has none to show: the platform's fault. */
class MissingResult extends Error {
  override readonly name = 'MissingResult'
}

function outcomeAnswer({ activationId, activation }: ActivationOutcome, resultOnly: boolean): Answer {
  const headers = ['x-openwhisk-activation-id', activationId]
  if (!activation) return jsonAnswer(202, JSON.stringify({ activationId }), headers)
  const { statusCode, result } = activation.response
  const status = STATUS_OF_CODE[statusCode]
  const text = result?.text
  const isArray = text !== undefined && /^\s*\[/.test(text)
  if (isArray) return jsonAnswer(status, text, headers)
  if (!resultOnly) return jsonAnswer(status, extendedRecordText(activation), headers)
  if (text === undefined || !/^\s*\{/.test(text)) {
    throw new MissingResult(`activation ${activationId} has no object for a result`)
  }
  return jsonAnswer(status, text, headers)
}
