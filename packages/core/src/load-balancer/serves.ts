import type { InvokerView, PlacementRequest } from './load-balancer.ts'

/** Whether the invoker may be chosen for the request at all, room aside. */
export function serves(invoker: InvokerView, request: PlacementRequest): boolean {
  return (
    invoker.state === 'healthy' &&
    (invoker.dedicatedNamespaces.length === 0 || invoker.dedicatedNamespaces.includes(request.namespace))
  )
}
