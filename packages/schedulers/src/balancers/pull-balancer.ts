import {
  PlatformError,
  type Adapter,
  type ClusterView,
  type InvokerView,
  type LoadBalancer,
  type Placement,
  type PlacementRequest,
} from '@stemcell/core'
import { LRUCache } from 'lru-cache'
import { canTake, Candidates } from './candidates.ts'

/** Options of {@link pullBalancer}. */
export interface PullBalancerOptions {
  /** Invokers that are remembered for each action. Default 16. */
  readonly queueLength?: number
  /** Actions that are remembered. Default 10,000. */
  readonly rememberedActions?: number
}

/** Invokers drawn at random, of which the one with the fewest activations gets what nobody is ready for. */
const DRAWN = 4

/**
 * Pull-based scheduling after Hiku (Akbari and Hauswirth, 2025): each action has a queue of the invokers where a container
 * of it is idle, and an activation goes to the least busy of them. Where the queue is empty, it goes to the invoker with
 * the fewest activations of a few drawn at random.
 *
 * There, invokers enter the queue when a run ends. Here an invoker stays in the queue of an action once it was sent one, and
 * the controller's history of the cluster says whether a container is idle there. It is an estimate: what the invoker's
 * pool did of its own accord is not known.
 */
export class PullBalancer implements LoadBalancer {
  readonly name = 'pull'
  readonly usesHistory = true
  readonly #queueLength: number
  readonly #queues: LRUCache<string, number[]>
  readonly #candidates = new Candidates()

  constructor({ queueLength = 16, rememberedActions = 10_000 }: PullBalancerOptions = {}) {
    this.#queueLength = positiveInteger('queueLength', queueLength)
    this.#queues = new LRUCache({ max: positiveInteger('rememberedActions', rememberedActions) })
  }

  place(request: PlacementRequest, cluster: ClusterView): Placement {
    const key = `${request.namespace} ${request.action}`
    const queue = this.#queues.get(key)
    const ready = queue && this.#ready(queue, request, cluster)
    if (ready !== undefined) return { invoker: ready }
    const drawn = this.#candidates.draw(request, cluster, DRAWN, isLessBusy)
    const placement = drawn === undefined ? this.#candidates.any(request, cluster) : { invoker: drawn }
    if (typeof placement === 'object' && 'invoker' in placement) this.#enter(key, queue, placement.invoker)
    return placement
  }

  /** The least busy of those where a container of the action is idle. */
  #ready(queue: readonly number[], request: PlacementRequest, cluster: ClusterView): number | undefined {
    let best: InvokerView | undefined
    for (const id of queue) {
      if ((cluster.history(id, request)?.warmSlots ?? 0) <= 0 || !canTake(id, request, cluster)) continue
      const invoker = cluster.invokers[id]!
      if (!best || isLessBusy(invoker, best)) best = invoker
    }
    return best?.id
  }

  #enter(key: string, queue: number[] | undefined, invoker: number): void {
    if (!queue) this.#queues.set(key, [invoker])
    else if (!queue.includes(invoker)) {
      queue.push(invoker)
      if (queue.length > this.#queueLength) queue.shift()
    }
  }
}

function isLessBusy(a: InvokerView, b: InvokerView): boolean {
  return a.inFlight < b.inFlight
}

function positiveInteger(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new PlatformError('ERR_CONFIG', `pullBalancer: option ${option} must be a positive integer`)
}

/** Queues of idle invokers for each action; see {@link PullBalancer}. @throws ERR_CONFIG when built: an option is no count. */
export function pullBalancer(options: PullBalancerOptions = {}): Adapter<PullBalancer> {
  return { name: '@stemcell/schedulers', core: '^0.1.0', build: () => new PullBalancer(options) }
}
