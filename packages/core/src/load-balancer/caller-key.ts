import type { PlacementRequest } from './load-balancer.ts'

/** A request comes again with every run of its action. */
const keys = new WeakMap<PlacementRequest, string>()

/** One text for an action and who calls it, whatever its version. */
export function callerKey(request: PlacementRequest): string {
  let key = keys.get(request)
  if (key === undefined) keys.set(request, (key = `${request.namespace} ${request.action}`))
  return key
}
