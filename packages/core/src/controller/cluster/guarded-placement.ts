import type { ClusterView, LoadBalancer, Placement, PlacementRequest } from '../../load-balancer/load-balancer.ts'
import { serves } from '../../load-balancer/serves.ts'
import type { Logger } from '../../log.ts'
import { firstFault, watchPromise, type OnFault } from '../../plug-in/first-fault.ts'
import { BALANCER_THREW, balancerAnswered } from './texts.ts'

/** What a balancer chose, or what is wrong with that, for the record. */
export type CheckedPlacement = Placement | { readonly fault: string }

/** Asks a load balancer and believes nothing: no slot is taken but on an invoker that has one for the request. */
export class GuardedPlacement {
  readonly #balancer: LoadBalancer
  readonly #onFault: OnFault

  constructor(balancer: LoadBalancer, logger: Logger) {
    this.#balancer = balancer
    this.#onFault = firstFault(logger, `load balancer ${balancer.name}`)
  }

  /** Never throws. */
  choose(request: PlacementRequest, cluster: ClusterView): CheckedPlacement {
    let problem: string | undefined
    try {
      const placement = this.#balancer.place(request, cluster)
      if (placement === 'wait') return placement
      problem = problemOf(placement, request, cluster)
      if (problem === undefined) return placement
      watchPromise(placement, this.#onFault)
    } catch (err) {
      this.#onFault(err)
      return { fault: BALANCER_THREW }
    }
    const fault = balancerAnswered(problem)
    this.#onFault(new TypeError(fault))
    return { fault }
  }
}

/** Why the answer cannot be used; undefined when it can. */
function problemOf(placement: unknown, request: PlacementRequest, cluster: ClusterView): string | undefined {
  if (typeof placement !== 'object' || placement === null) return `with ${named(placement)}`
  if ('then' in placement) return 'with a promise'
  if ('reject' in placement)
    return typeof placement.reject === 'string' ? undefined : 'with a rejection without a reason'
  if (!('invoker' in placement)) return 'without naming an invoker'
  const { invoker } = placement
  if (typeof invoker !== 'number') return `with an invoker that is ${named(invoker)}`
  const found = cluster.invokers[invoker]
  if (!found) return `with invoker ${invoker}, which does not exist`
  if (found.state !== 'healthy') return `with invoker ${invoker}, which is ${found.state}`
  if (!serves(found, request)) return `with invoker ${invoker}, which does not serve the namespace`
  return cluster.fits(invoker, request) ? undefined : `with invoker ${invoker}, which has no room`
}

function named(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  return typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`
}
