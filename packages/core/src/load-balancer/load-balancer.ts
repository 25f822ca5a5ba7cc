/**
 * LoadBalancer SPI: a pure choice of the invoker that runs an activation.
 *
 * `place` is synchronous, does no I/O, keeps no timer and never throws. Should it throw, or answer what is no
 * `Placement`, the activation ends with a record that says so, as whisk internal error. Slots, tracking, time-outs, supervision and
 * the waiting room are core's: after `{ invoker }` core takes the slot, after `wait` it asks again when capacity may
 * have freed. Every controller of a cluster has its own instance.
 */
export interface LoadBalancer {
  /** Shown in metrics and start-up logs, e.g. `sharding`. */
  readonly name: string

  /**
   * The balancer looks at `ClusterView.history`, which is kept for those alone that say so. Fixed for the life of the
   * object. Default false: then nothing is remembered, and nothing is paid for it.
   */
  readonly usesHistory?: boolean

  place(request: PlacementRequest, cluster: ClusterView): Placement
}

/** The activation that needs an invoker, as far as a balancer may know it. */
export interface PlacementRequest {
  /** Namespace that calls (and pays). */
  readonly namespace: string
  /** Fully qualified name without version: `ns/name` or `ns/package/name`. */
  readonly action: string
  readonly version: string
  readonly kind: string
  readonly memoryMb: number
  /** Share of a core that the action asked for, when it did. */
  readonly cpu?: number
  /** Activations that may run at once in one container of the action, >= 1. */
  readonly maxConcurrent: number
  /** The user's own image rather than one of the manifest. */
  readonly blackbox: boolean
}

/** What a balancer answers. */
export type Placement =
  /** A healthy invoker that `fits` the request and serves its namespace. While all are idle, one is chosen. */
  | { readonly invoker: number }
  /** No room now; core keeps the activation in the waiting room and asks again. */
  | 'wait'
  /** Never: the caller gets a 503. `reason` is logged, not shown. */
  | { readonly reject: string }

/** The invokers as this controller sees them. Valid during the call only. */
export interface ClusterView {
  /** Changes whenever an invoker appears, disappears or changes state: the key for anything precomputed. */
  readonly version: number
  /** Position equals `id`; ids never shift. Slots of ids never seen are `offline`. */
  readonly invokers: readonly InvokerView[]
  /** Controllers sharing these invokers, >= 1. */
  readonly controllers: number
  /** Whether the invoker has a free slot for the request, in a container already counted or in free memory. O(1). */
  fits(invoker: number, request: PlacementRequest): boolean
  /**
   * What became of this version of the action on an invoker, of what this controller sent there; undefined when that
   * was nothing since the invoker came up, or is forgotten, and always for a balancer without `usesHistory`. O(1).
   */
  history(invoker: number, request: PlacementRequest): ActionHistory | undefined
  /** Uniform integer in [0, bound). The only chance a balancer may use. */
  random(bound: number): number
}

/**
 * What a balancer may know of an action on an invoker: an estimate, for containers also go when they were idle for long
 * or when others need the room, and other controllers send there as well. Live: it may be kept for the call only.
 */
export interface ActionHistory {
  /** Activations of this controller in flight there. */
  readonly inFlight: number
  /** Those that ended. */
  readonly completed: number
  /** How many of those whose result was told had to initialise their container. */
  readonly coldStarts: number
  /** Further activations that containers which hold the code could take at once, as many as have run there before. */
  readonly warmSlots: number
  /** Since the last one ended, ms; 0 while one is in flight. */
  readonly idleMs: number
  /** What a run took lately, ms; undefined while no result told. */
  readonly runMs: number | undefined
  /** What an initialisation took lately, ms; undefined while none was told. */
  readonly initMs: number | undefined
}

/** How well an invoker is, as this controller sees it; only `healthy` ones are given work. */
export type InvokerState = 'healthy' | 'unhealthy' | 'unresponsive' | 'offline'

/** One invoker as this controller sees it. */
export interface InvokerView {
  readonly id: number
  /** Only `healthy` invokers may be chosen. */
  readonly state: InvokerState
  readonly memoryMb: number
  /** Memory not taken by slots of this controller; may be negative after forced placements. */
  readonly freeMemoryMb: number
  /** Activations of this controller in flight there. */
  readonly inFlight: number
  readonly tags: readonly string[]
  /** When not empty, the invoker serves only these namespaces. */
  readonly dedicatedNamespaces: readonly string[]
}
