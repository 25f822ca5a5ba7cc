import type { PlacementRequest } from '../../load-balancer/load-balancer.ts'
import type { StoredAction } from '../../model/action.ts'
import { documentId } from '../../model/entity-name.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Mutable } from '../../mutable.ts'

interface Known {
  readonly manifest: RuntimesManifest
  readonly request: PlacementRequest
}

/** Of each action the last: most have but one caller. */
const lastOf = new WeakMap<StoredAction, Known>()

/**
 * What the balancer is asked with for one run of the action in the name of `namespace`: as a rule the same object each
 * time, so that what follows from it can be kept with it.
 */
export function placementRequest(
  namespace: string,
  target: StoredAction,
  manifest: RuntimesManifest,
): PlacementRequest {
  const last = lastOf.get(target)
  if (last && last.request.namespace === namespace && last.manifest === manifest) return last.request
  const request = describe(namespace, target, manifest)
  lastOf.set(target, { manifest, request })
  return request
}

function describe(namespace: string, { action }: StoredAction, manifest: RuntimesManifest): PlacementRequest {
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
