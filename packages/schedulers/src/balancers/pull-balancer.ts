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
import { canTake, Candidates, loadOf } from './candidates.ts'

/** Options of {@link pullBalancer}. */
export interface PullBalancerOptions {
  /** Invokers that are remembered for each action. Default 16. */
  readonly queueLength?: number
  /** How long a container is taken to be idle where one ended its last run, ms. Default 10 minutes. */
  readonly readyMs?: number
  /** Actions that are remembered. Default 10,000. */
  readonly rememberedActions?: number
}

/** Invokers drawn at random, of which the one with the fewest activations gets what nobody is ready for. */
const DRAWN = 4
/** From this share of its memory in use on, an invoker is busy. */
const BUSY = 0.7

/**
 * Pull-based scheduling after Hiku (Akbari and Hauswirth, 2025): each action has a queue of the invokers where a container
 * of it is idle, and an activation goes to one of them. Where the queue is empty, it goes to the invoker with
 * the fewest activations of a few drawn at random.
 *
 * There, invokers enter the queue when a run ends. Here an invoker stays in the queue of an action once it was sent one, and
 * the controller's history of the cluster says whether a container is idle there. It is an estimate: what the invoker's
 * pool did of its own accord is not known. And there, of several invokers the least busy is taken; here that is so of busy
 * ones only. Of others it is the one that ran the action last, so that containers nobody needs are left alone, and go.
 */
export class PullBalancer implements LoadBalancer {
  readonly name = 'pull'
  readonly usesHistory = true
  readonly #queueLength: number
  readonly #readyMs: number
  readonly #queues: LRUCache<string, number[]>
  readonly #candidates = new Candidates()

  constructor({ queueLength = 16, readyMs = 600_000, rememberedActions = 10_000 }: PullBalancerOptions = {}) {
    if (!(readyMs >= 0))
      throw new PlatformError('ERR_CONFIG', 'pullBalancer: option readyMs must be a number, 0 or more')
    this.#readyMs = readyMs
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

  /** Of those where a container of the action is idle, the one that ran it last; of busy ones, the least busy. */
  #ready(queue: readonly number[], request: PlacementRequest, cluster: ClusterView): number | undefined {
    let best: Ready | undefined
    for (const id of queue) {
      const history = cluster.history(id, request)
      if (!history || history.warmSlots <= 0 || history.idleMs > this.#readyMs || !canTake(id, request, cluster))
        continue
      const invoker = cluster.invokers[id]!
      const ready = { invoker, isBusy: loadOf(invoker) >= BUSY, idleMs: history.idleMs }
      if (!best || isBetter(ready, best)) best = ready
    }
    return best?.invoker.id
  }

  #enter(key: string, queue: number[] | undefined, invoker: number): void {
    if (!queue) this.#queues.set(key, [invoker])
    else if (!queue.includes(invoker)) {
      queue.push(invoker)
      if (queue.length > this.#queueLength) queue.shift()
    }
  }
}

interface Ready {
  readonly invoker: InvokerView
  readonly isBusy: boolean
  readonly idleMs: number
}

function isBetter(a: Ready, b: Ready): boolean {
  if (a.isBusy !== b.isBusy) return b.isBusy
  return a.isBusy ? isLessBusy(a.invoker, b.invoker) : a.idleMs < b.idleMs
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
