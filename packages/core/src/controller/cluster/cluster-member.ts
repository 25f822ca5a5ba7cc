import type { InvokerState } from '../../load-balancer/load-balancer.ts'

/** An invoker as a controller sees it. */
export interface ClusterMember {
  readonly id: number
  /** `invoker<N>[/<unique name>[/<displayed name>]]` */
  readonly name: string
  readonly state: InvokerState
  readonly memoryMb: number
  /** Not taken by activations of this controller, of its share. */
  readonly freeMemoryMb: number
  /** Activations of this controller. */
  readonly inFlight: number
}
