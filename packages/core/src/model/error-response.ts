import type { ActivationResponse, StatusCode } from './activation.ts'
import type { JsonValue } from './json.ts'
import { JsonText } from './json-text.ts'

/** How an activation ended that has an error for a result; `size` is that of what the action said, bytes. */
export function errorResponse(statusCode: Exclude<StatusCode, 0>, error: JsonValue, size?: number): ActivationResponse {
  return { statusCode, result: JsonText.of({ error }), ...(size === undefined ? {} : { size }) }
}
