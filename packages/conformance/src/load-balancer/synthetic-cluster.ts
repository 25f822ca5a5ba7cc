import {
  ActionHistories,
  SeededRandom,
  type ActionHistory,
  type ClusterView,
  type InvokerState,
  type InvokerView,
  type PlacementRequest,
  type Random,
  type RunReport,
} from '@stemcell/core'

export interface SyntheticInvoker {
  readonly state?: InvokerState
  readonly memoryMb?: number
  readonly dedicatedNamespaces?: readonly string[]
  readonly tags?: readonly string[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * A cluster that exists only as numbers, for testing load balancers: it keeps the same books as the platform. What a
 * balancer sees is frozen.
 */
export class SyntheticCluster implements ClusterView {
  version = 1
  controllers = 1
  /** As for a balancer with `usesHistory`. */
  keepsHistory = true
  /** Time of the cluster, ms: what idle means. */
  nowMs = 0
  readonly #histories = new ActionHistories(() => this.nowMs)
  readonly #views: Mutable<InvokerView>[] = []
  readonly #random: Random
  readonly #shown: InvokerView[] = []

  constructor(invokers: readonly SyntheticInvoker[], random: Random = new SeededRandom(1)) {
    this.#random = random
    for (const invoker of invokers) this.add(invoker)
  }

  /** `count` healthy invokers of `memoryMb` each. */
  static of(count: number, memoryMb = 2048): SyntheticCluster {
    return new SyntheticCluster(Array.from({ length: count }, () => ({ memoryMb })))
  }

  get invokers(): readonly InvokerView[] {
    return this.#shown
  }

  add({ state = 'healthy', memoryMb = 2048, dedicatedNamespaces = [], tags = [] }: SyntheticInvoker = {}): void {
    const id = this.#views.length
    const view = { id, state, memoryMb, freeMemoryMb: memoryMb, inFlight: 0, tags, dedicatedNamespaces }
    this.#views.push(view)
    this.#shown.push(
      new Proxy(view, {
        set: () => {
          throw new TypeError('a load balancer must not change what it is shown')
        },
      }),
    )
    this.version++
  }

  setState(id: number, state: InvokerState): void {
    this.#view(id).state = state
    this.version++
  }

  /** Books a slot, as the platform does after a placement. */
  take(id: number, request: PlacementRequest): void {
    const view = this.#view(id)
    view.freeMemoryMb -= request.memoryMb
    view.inFlight++
    this.#histories.sent(id, request)
  }

  release(id: number, request: PlacementRequest): void {
    const view = this.#view(id)
    view.freeMemoryMb += request.memoryMb
    view.inFlight--
    this.#histories.ended(id, request)
  }

  /** Notes how a run went, as the platform does with a result. */
  learn(id: number, request: PlacementRequest, report: RunReport): void {
    this.#histories.learnt(id, request, report)
  }

  history(id: number, request: PlacementRequest): ActionHistory | undefined {
    return this.keepsHistory ? this.#histories.get(id, request) : undefined
  }

  fits(id: number, { memoryMb }: PlacementRequest): boolean {
    return this.#view(id).freeMemoryMb >= memoryMb
  }

  random(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) throw new RangeError(`random(${bound})`)
    return this.#random.below(bound)
  }

  #view(id: number): Mutable<InvokerView> {
    const view = this.#views[id]
    if (!view) throw new RangeError(`no invoker ${id}`)
    return view
  }
}

/** A request of an ordinary action; `overrides` where a test cares. */
export function placementRequest(overrides: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    namespace: 'guest',
    action: 'guest/hello',
    version: '0.0.1',
    kind: 'nodejs:20',
    memoryMb: 256,
    maxConcurrent: 1,
    blackbox: false,
    ...overrides,
  }
}
