import { jsonAnswer } from '../http/answer.ts'
import type { OpenRoute } from '../http/route.ts'

/**
 * `GET /ready`: whether requests should be led to this controller. `why` says why not. Unlike `/ping`, which says that the
 * process answers, it is for what distributes requests: a probe of Kubernetes, a proxy.
 */
export function readinessRoute(why: () => string | undefined): OpenRoute {
  const ready = jsonAnswer(200, JSON.stringify({ ready: 'yes' }))
  return {
    method: 'GET',
    path: '/ready',
    auth: 'none',
    cors: 'none',
    tag: 'Server',
    summary: 'Whether requests should be led here',
    responses: { 200: 'Readiness', 503: 'Readiness' },
    handle: () => {
      const reason = why()
      return reason === undefined ? ready : jsonAnswer(503, JSON.stringify({ unready: reason }))
    },
  }
}
