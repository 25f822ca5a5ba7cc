import type { ActivationResponse } from '../../model/activation.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import { acceptsMediaType } from '../http/accepts-media-type.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import { onlyTheseTypes } from '../http/texts.ts'
import type { ActivationOutcome } from '../invoke/activator.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { Extension } from './extension.ts'
import { FrameworkRejection } from './framework-rejection.ts'
import { prettyJson } from './pretty-json.ts'
import { transcode } from './transcode.ts'

const NOT_READY = 'Response not yet ready.'

/** How the client wants to be answered. */
export interface Wish {
  readonly extension: Extension
  readonly accept: string | undefined
  readonly transactionId: string
}

/**
 * What came of an invocation, as HTTP.
 * @throws Refusal web-action-failed, web-property-missing, what `transcode` throws
 * @throws FrameworkRejection 406 the client does not accept what was made; 500 the result is an array
 */
export function outcomeAnswer({ activation }: ActivationOutcome, { extension, accept, transactionId }: Wish): Answer {
  if (!activation) return jsonAnswer(202, prettyJson({ error: NOT_READY, code: transactionId }))
  const answer = transcode(extension, shownResult(activation.response))
  const { status, contentType } = answer
  if (status < 300 && contentType !== undefined && !acceptsMediaType(accept, contentType)) {
    throw new FrameworkRejection(406, onlyTheseTypes(contentType))
  }
  return answer
}

/** Of an application error what the action said of it. */
function shownResult({ statusCode, result }: ActivationResponse): JsonValue {
  if (statusCode > 1) throw new Refusal('web-action-failed')
  const value = result?.value
  if (!isJsonObject(value)) throw new FrameworkRejection(500, '', { plain: true })
  if (statusCode === 0) return value
  const { error } = value
  if (error === undefined) throw new Refusal('web-property-missing')
  return error
}
