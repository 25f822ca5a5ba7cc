import { extendedRecordText } from '../activations/extended-record.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../http/api-services.ts'
import { maxPayloadBytes } from '../http/effective-limits.ts'
import { badQuery } from '../http/http-error.ts'
import { checkAnnouncedLength, readArguments } from '../http/json-body.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, QueryParameter } from '../http/route.ts'
import { waitOutOfRange } from '../http/texts.ts'
import type { ActivationOutcome } from '../invoke/activator.ts'
import { invokeNamed } from '../invoke/invoke-named.ts'
import type { ActionName } from './resolve-action.ts'

export const INVOKE_PARAMETERS: readonly QueryParameter[] = [
  { name: 'blocking', type: 'boolean', description: 'Whether to wait for the result.' },
  { name: 'result', type: 'boolean', description: 'When waiting, answer with the result only.' },
  { name: 'timeout', type: 'integer', description: 'How long to wait at most, milliseconds.' },
]

/** HTTP status of a finished activation, by its status code. */
const STATUS_OF_CODE = [200, 502, 502, 500] as const

/** Answers `POST …/actions/…`. */
export async function invokeAction(services: ApiServices, call: Call, name: ActionName): Promise<Answer> {
  const { request, user, rawQuery } = call
  const { limits } = services.parts
  let resultOnly = false
  const outcome = await invokeNamed(services, call, name, async () => {
    const allowedBytes = maxPayloadBytes(user.limits, limits)
    checkAnnouncedLength(request, allowedBytes)
    const query = parseInvokeQuery(rawQuery, limits.maxBlockingWaitMs)
    const payload = await readArguments(request, limits.maxRequestBytes, allowedBytes)
    resultOnly = query.resultOnly
    return { ...(payload && { payload }), blocking: query.blocking, waitMs: query.waitMs }
  })
  return outcomeAnswer(outcome, resultOnly)
}

interface InvokeQuery {
  readonly blocking: boolean
  readonly resultOnly: boolean
  readonly waitMs: number
}

function parseInvokeQuery(rawQuery: string, maxWaitMs: number): InvokeQuery {
  const query = new QueryParameters(rawQuery)
  const blocking = query.boolean('blocking', false)
  const resultOnly = query.boolean('result', false)
  const timeout = query.text('timeout')
  const waitMs = timeout === undefined ? maxWaitMs : Number(timeout)
  if (timeout !== undefined && !(/^\+?\d+$/.test(timeout) && waitMs >= 1 && waitMs <= maxWaitMs)) {
    throw badQuery('timeout', waitOutOfRange(maxWaitMs))
  }
  return { blocking, resultOnly, waitMs }
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
