import type { PlacementRequest } from '../../load-balancer/load-balancer.ts'
import type { StoredAction } from '../../model/action.ts'
import { documentId } from '../../model/entity-name.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Mutable } from '../../mutable.ts'

/** What the balancer is asked with for one run of the action in the name of `namespace`. */
export function placementRequest(
  namespace: string,
  { action }: StoredAction,
  manifest: RuntimesManifest,
): PlacementRequest {
  const { exec, limits } = action
  const request: Mutable<PlacementRequest> = {
    namespace,
    action: documentId(action),
    version: action.version,
    kind: exec.kind,
    memoryMb: limits.memory,
    maxConcurrent: limits.concurrency,
    blackbox: exec.kind === 'blackbox' && 'image' in exec && manifest.nativeImage(exec.image) === undefined,
  }
  if (limits.cpu !== undefined) request.cpu = limits.cpu
  return request
}
