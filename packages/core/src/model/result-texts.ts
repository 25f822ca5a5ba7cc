/** What OpenWhisk writes in records of activations that end otherwise than by their own result, whoever ends them. */

export const NO_VALID_RESULT = 'The action did not produce a valid JSON or JSON Array response'

export function timeLimitExceeded(limitMs: number): string {
  return `The action exceeded its time limits of ${limitMs} milliseconds`
}

export function resultTooLong(bytes: number, maxBytes: number): string {
  return `The action produced a response that exceeded the allowed length: ${bytes} > ${maxBytes} bytes.`
}

/** The record itself, with its result but without its logs, is more than the store takes. */
export function recordTooLarge(maxBytes: number): string {
  return `The activation record exceeded the allowed length of ${maxBytes} bytes.`
}
