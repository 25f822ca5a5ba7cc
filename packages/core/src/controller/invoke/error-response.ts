import type { ActivationResponse, StatusCode } from '../../model/activation.ts'
import { JsonText } from '../../model/json-text.ts'

/** An activation that ended with an error of the platform's wording. */
export function errorResponse(statusCode: Exclude<StatusCode, 0>, error: string): ActivationResponse {
  return { statusCode, result: JsonText.of({ error }) }
}
