import { parseJson } from '../../model/parse-json.ts'
import type { FiringOutcome } from '../../system-packages/system-package.ts'
import type { TextAnswer } from '../http/answer.ts'

/** What the API would answer, for those who asked inside the platform. */
export function refusedOutcome({ status, contentType, body }: TextAnswer): FiringOutcome {
  if (contentType !== 'application/json') return { status, error: body }
  return { status, error: (parseJson(body) as { readonly error: string }).error }
}
