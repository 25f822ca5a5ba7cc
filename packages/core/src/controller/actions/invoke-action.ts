import type { MaybePromise } from '../../lifecycle.ts'
import { extendedRecordText } from '../activations/extended-record.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import { arrivedBody, parseArguments, receiveArguments } from '../http/json-body.ts'
import type { Call } from '../http/route.ts'
import type { ActivationOutcome } from '../invoke/activator.ts'
import { invokeNamed } from '../invoke/invoke-named.ts'
import type { InvokeQueries } from './invoke-query.ts'
import type { ActionName } from '../admission/resolve-action.ts'
import { whenDone } from '../../when-done.ts'

/** HTTP status of a finished activation, by its status code. */
const STATUS_OF_CODE = [200, 502, 502, 500] as const

/** Answers `POST …/actions/…`. */
export function invokeAction(
  services: ApiServices,
  queries: InvokeQueries,
  call: Call,
  name: ActionName,
): MaybePromise<Answer> {
  const { request, user, rawQuery, late } = call
  const { limits } = services.parts
  let resultOnly = false
  const onAccepted = (activationId: string): void =>
    late.answerIfLate(() => outcomeAnswer({ activationId }, resultOnly))
  return whenDone(receiveArguments(call, maxPayloadBytes(user.limits, limits)), (arrived) => {
    const outcome = invokeNamed(services, call, name, () => {
      const body = arrivedBody(arrived)
      const query = queries.parse(rawQuery)
      const payload = parseArguments(request, body)
      resultOnly = query.resultOnly
      const { blocking, waitMs } = query
      return payload ? { blocking, waitMs, onAccepted, payload } : { blocking, waitMs, onAccepted }
    })
    return whenDone(outcome, (given) => outcomeAnswer(given, resultOnly))
  })
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
