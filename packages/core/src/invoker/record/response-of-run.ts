import type { ActivationResponse } from '../../model/activation.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import { isValueNestedDeeperThan, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { errorResponse } from '../../model/error-response.ts'
import { JsonText } from '../../model/json-text.ts'
import { parseJson } from '../../model/parse-json.ts'
import type { CallEnd } from '../parts/call-end.ts'
import { badRunText, OUT_OF_MEMORY, RUN_LOST, timeoutText, TOO_DEEP, truncatedText } from '../parts/texts.ts'

export interface CallFacts {
  /** Since the first request to the container, `/init` included, ms. */
  readonly elapsedMs: number
  /** The action's time limit, ms. */
  readonly limitMs: number
  /** Longest reply that is accepted. */
  readonly maxReplyBytes: number
}

/** What the end of `/run` means for the activation. */
export function responseOfRun(end: CallEnd, { elapsedMs, limitMs, maxReplyBytes }: CallFacts): ActivationResponse {
  if (end.kind === 'unexpected') return errorResponse(3, RUN_LOST)
  if (end.kind === 'timeout' || elapsedMs >= limitMs) return errorResponse(2, timeoutText(limitMs, 'run'))
  if (end.kind === 'not-reached' || end.kind === 'recalled') return errorResponse(2, RUN_LOST)
  if (end.kind === 'lost') {
    return errorResponse(2, end.exit?.reason === 'out-of-memory' ? OUT_OF_MEMORY : RUN_LOST)
  }
  const { status, body, bodyBytes, truncated } = end.reply
  if (truncated) return errorResponse(1, truncatedText(bodyBytes, maxReplyBytes, body), bodyBytes)

  const value = parse(body)
  if (isTooDeep(value, body)) return errorResponse(2, TOO_DEEP, body.length)
  const error = declaredError(value)
  if (status !== 200) return errorResponse(2, error === undefined ? badRunText(body) : error, body.length)
  if (error !== undefined) return errorResponse(1, error, body.length)
  if (!isJsonObject(value) && !Array.isArray(value)) return errorResponse(2, badRunText(body), body.length)
  return { statusCode: 0, result: JsonText.trusted(body, value), size: body.length }
}

/** The value of `error` of a reply that is an object with such a member, whatever else it holds. */
export function declaredError(value: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, 'error') ? value['error'] : undefined
}

export function isTooDeep(value: JsonValue | undefined, body: string): boolean {
  return isValueNestedDeeperThan(MAX_JSON_DEPTH, value, body)
}

/** Undefined when the text is not JSON. */
export function parse(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
