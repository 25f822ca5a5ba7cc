import { sameSecret } from '../../auth/same-secret.ts'
import type { ApiOptions } from '../parts/api-options.ts'
import { textAnswer } from '../http/answer.ts'
import { basicCredentials } from '../admission/authenticator.ts'
import type { OpenRoute } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'
import { errors } from '../http/error-responses.ts'

const DISABLED = 'controller is disabled'

/** `POST /disable`, for an operator who takes the controller out of service. */
export function disableRoute(operator: ApiOptions['operator'], disable: () => void): OpenRoute {
  return {
    method: 'POST',
    path: '/disable',
    auth: 'none',
    cors: 'server',
    summary: 'Accept no more activations',
    responses: { 200: 'none', ...errors(401) },
    handle: ({ request }) => {
      const given = basicCredentials(request.headers.authorization)
      const isOperator =
        operator !== undefined &&
        given !== undefined &&
        given.user === operator.username &&
        sameSecret(given.password, operator.password)
      if (!isOperator) throw new Refusal('operator-unknown')
      disable()
      return textAnswer(200, DISABLED)
    },
  }
}
