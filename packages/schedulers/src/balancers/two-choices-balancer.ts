import {
  PlatformError,
  type Adapter,
  type ClusterView,
  type InvokerView,
  type LoadBalancer,
  type Placement,
  type PlacementRequest,
} from '@stemcell/core'
import { canTake, Candidates, loadOf } from './candidates.ts'

/** Options of {@link twoChoicesBalancer}. */
export interface TwoChoicesBalancerOptions {
  /** Share of its memory in use up to which the first home of an action is not left. 0 to 1; default 0.7. */
  readonly stayBelow?: number
}

/**
 * The power of two choices, with locality: each action has two homes among the healthy invokers, the same for every
 * controller. It runs on the first while that has enough free, then on the one of both that has more; when both are
 * full, on the better of two drawn at random.
 */
export class TwoChoicesBalancer implements LoadBalancer {
  readonly name = 'two-choices'
  readonly #stayBelow: number
  readonly #candidates = new Candidates()

  constructor({ stayBelow = 0.7 }: TwoChoicesBalancerOptions = {}) {
    if (!(stayBelow >= 0 && stayBelow <= 1)) {
      throw new PlatformError('ERR_CONFIG', 'twoChoicesBalancer: option stayBelow must be a number from 0 to 1')
    }
    this.#stayBelow = stayBelow
  }

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const ids = this.#candidates.of(cluster)
    if (ids.length > 0) {
      const hash = hashOf(request)
      const at = hash % ids.length
      const first = ids[at]!
      // From other bits of the hash, and never the same one.
      const second = ids[(at + 1 + (((hash / 65_536) >>> 0) % Math.max(1, ids.length - 1))) % ids.length]!
      const firstTakes = canTake(first, request, cluster)
      if (firstTakes && loadOf(cluster.invokers[first]!) < this.#stayBelow) return { invoker: first }
      if (canTake(second, request, cluster)) {
        const isBetter = !firstTakes || isLighter(cluster.invokers[second]!, cluster.invokers[first]!)
        return { invoker: isBetter ? second : first }
      }
      if (firstTakes) return { invoker: first }
    }
    const drawn = this.#candidates.draw(request, cluster, 2, isLighter)
    return drawn === undefined ? this.#candidates.any(request, cluster) : { invoker: drawn }
  }
}

function isLighter(a: InvokerView, b: InvokerView): boolean {
  return loadOf(a) < loadOf(b)
}

/** FNV-1a, mixed so that every bit depends on every character. */
function hashOf({ namespace, action }: PlacementRequest): number {
  let hash = 0x811c9dc5
  for (const text of [namespace, ' ', action]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** Two homes for each action; see {@link TwoChoicesBalancer}. @throws ERR_CONFIG when built: the option is out of range. */
export function twoChoicesBalancer(options: TwoChoicesBalancerOptions = {}): Adapter<TwoChoicesBalancer> {
  return { name: '@stemcell/schedulers', core: '^0.1.0', build: () => new TwoChoicesBalancer(options) }
}
