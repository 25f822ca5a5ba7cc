import { PlatformError } from '../../errors.ts'
import { parametersJson } from '../../model/activation-codec.ts'
import type { JsonText } from '../../model/json-text.ts'
import { STATUS_TEXTS, type Activation, type ActivationResponse } from '../../model/activation.ts'
import { stringifyJson } from '../../model/json-number.ts'

/** A record as the API shows it in full, as JSON text. The result's own text is copied into it. */
export function extendedRecordText(activation: Activation): string {
  const { namespace, name, version, subject, activationId, cause, start, end, duration, publish } = activation
  const head = JSON.stringify({ namespace, name, version, subject, activationId, cause, start, end, duration, publish })
  const tail = stringifyJson({ logs: activation.logs, annotations: parametersJson(activation.annotations) })
  return `${head.slice(0, -1)},"response":${responseText(activation.response)},${tail.slice(1)}`
}

/** What came of an activation, as `…/result` shows it. */
export function responseText({ statusCode, result, size }: ActivationResponse): string {
  const parts = [`"status":"${STATUS_TEXTS[statusCode]}"`, `"success":${statusCode === 0}`]
  if (result) parts.push(`"result":${textOf(result)}`)
  if (size !== undefined) parts.push(`"size":${size}`)
  return `{${parts.join(',')}}`
}

/** Of a result that was stored before there was a bound, as deep as no text can be made of. */
function textOf(result: JsonText): string {
  try {
    return result.text
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new PlatformError('ERR_CORRUPT', 'the result of an activation is too deep to be shown', { cause })
  }
}
