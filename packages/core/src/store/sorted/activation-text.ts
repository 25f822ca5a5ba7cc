import { PlatformError } from '../../errors.ts'
import type { Activation } from '../../model/activation.ts'
import { activationText, readActivation } from '../../model/activation-codec.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { parseJson } from '../../model/parse-json.ts'

/** The record as it is stored. @throws ERR_TOO_LARGE it is above the bound. */
export function boundedActivationText(activation: Activation, maxRecordBytes: number): string {
  const text = activationText(activation)
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= maxRecordBytes || Buffer.byteLength(text) <= maxRecordBytes) return text
  throw new PlatformError('ERR_TOO_LARGE', `record is larger than ${maxRecordBytes} bytes`)
}

/** @throws ERR_CORRUPT the text is no record. */
export function parseActivation(text: string): Activation {
  try {
    return readActivation(parseJson(text) as JsonObject)
  } catch (error) {
    throw new PlatformError('ERR_CORRUPT', 'an activation record cannot be read', { cause: error })
  }
}

/** @throws ERR_CORRUPT the text is no summary. */
export function parseSummary(text: string): JsonObject {
  try {
    const summary = parseJson(text)
    if (isJsonObject(summary)) return summary
  } catch (error) {
    throw new PlatformError('ERR_CORRUPT', 'the summary of an activation record cannot be read', { cause: error })
  }
  throw new PlatformError('ERR_CORRUPT', 'the summary of an activation record is no object')
}
