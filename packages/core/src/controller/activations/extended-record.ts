import { PlatformError } from '../../errors.ts'
import { parametersText } from '../../model/activation-codec.ts'
import type { JsonText } from '../../model/json-text.ts'
import { STATUS_TEXTS, type Activation, type ActivationResponse } from '../../model/activation.ts'
import { quotedText } from '../../model/quoted-text.ts'

/** A record as the API shows it in full, as JSON text. The result's own text is copied into it. */
export function extendedRecordText(activation: Activation): string {
  const { namespace, name, version, subject, activationId, cause, start, end, duration, publish } = activation
  const { response, logs, annotations } = activation
  let text = `{"namespace":${quotedText(namespace)},"name":${quotedText(name)},"version":${quotedText(version)}`
  text += `,"subject":${quotedText(subject)},"activationId":${quotedText(activationId)}`
  if (cause !== undefined) text += `,"cause":${quotedText(cause)}`
  text += `,"start":${JSON.stringify(start)}`
  if (end !== undefined) text += `,"end":${JSON.stringify(end)}`
  if (duration !== undefined) text += `,"duration":${JSON.stringify(duration)}`
  text += `,"publish":${publish},"response":${responseText(response)}`
  text += `,"logs":${logs.length === 0 ? '[]' : JSON.stringify(logs)}`
  return `${text},"annotations":${parametersText(annotations)}}`
}

/** What came of an activation, as `…/result` shows it. */
export function responseText({ statusCode, result, size }: ActivationResponse): string {
  let text = `{"status":${quotedText(STATUS_TEXTS[statusCode])},"success":${statusCode === 0}`
  if (result) text += `,"result":${textOf(result)}`
  if (size !== undefined) text += `,"size":${size}`
  return `${text}}`
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
