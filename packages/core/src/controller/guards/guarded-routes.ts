import type { Logger } from '../../log.ts'
import { firstFault } from '../../plug-in/first-fault.ts'
import type { Answer } from '../http/answer.ts'
import type { OpenRoute } from '../http/route.ts'
import { askPlugIn } from './plug-in-failed.ts'

/** Routes of the operator that answer, or are answered for. */
export function guardedRoutes(routes: readonly OpenRoute[], logger: Logger): readonly OpenRoute[] {
  return routes.map((route) => {
    const onFault = firstFault(logger, `route ${route.method} ${route.path}`)
    return { ...route, handle: (call) => askPlugIn(() => route.handle(call), sound, 'route-failed', onFault) }
  })
}

function sound(answer: Answer): Answer {
  const { status, body, headers = [] }: Partial<Answer> = answer
  if (!Number.isInteger(status) || status! < 200 || status! > 599) {
    throw new TypeError(`the status of the answer is ${String(status)}, not one from 200 to 599`)
  }
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) throw new TypeError('the body is neither text nor a Buffer')
  if (!Array.isArray(headers)) throw new TypeError('the headers are no list')
  return answer
}
