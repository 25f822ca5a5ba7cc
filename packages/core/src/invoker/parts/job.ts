import type { Container, ContainerSpec } from '../../container/container-factory.ts'
import type { ContainerOwnerView } from './container-view.ts'
import type { Resources } from './resources.ts'

/** One activation as the pool sees it: what it needs, and what happens to it. */
export interface Job {
  /** Containers are shared by jobs of equal key only: namespace, action, binding and revision. */
  readonly key: string
  /** Who waits: turns are given by namespace. */
  readonly namespace: string
  readonly need: Resources
  /** Jobs that one container takes at once, >= 1. */
  readonly maxConcurrent: number
  /** Containers of the key at once, >= 1; Infinity when there is no such limit. */
  readonly maxContainers: number
  /** Which stem cells fit, see `stemKey`; undefined when none can. */
  readonly stemKey: string | undefined
  /** Nobody wants it done any more, or it was. */
  readonly ended: boolean
  /** What operators see of a container that runs it. */
  readonly owner?: ContainerOwnerView

  /** The container to make when none is there. */
  spec(): ContainerSpec

  /**
   * A job that only initialises a container of the same action, for jobs to come; undefined where there can be none.
   * It is kept for long: it must not hold on to what the job brought.
   */
  preparation?(): Job | undefined

  /** Called when a container was chosen; again when that one refused the job. */
  acquired(acquisition: Acquisition): void

  /**
   * Initialises the container if `onInitialised` is given (and calls it once that is done), then runs in it. Calls
   * `ended` once, after it has returned, when the container may take the next job. For a job that has ended meanwhile nothing is done; a
   * container that is not initialised then is `damaged`, that is, no longer usable.
   */
  execute(container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void

  /** Ends the job, which no container ran; nothing when it has ended. */
  fail(failure: JobFailure): void
}

/** How a job came to its container. */
export interface Acquisition {
  readonly how: 'hot' | 'resumed' | 'stemcell' | 'cold'
  readonly reason?: AcquisitionReason
}

/**
 * Why it was not simply hot: the pool had `no-container` of the action, or they were `all-busy`; it is a `replacement`
 * of a container that refused the job; or the job `joined` a container that another one was still initialising, or was sent
 * `behind` brief ones to a container that runs one after the other.
 */
export type AcquisitionReason = 'no-container' | 'all-busy' | 'replacement' | 'joined' | 'behind'

/**
 * What the run says of its container: `kept` can be used again, and after a `brief` run others may be sent behind the one in
 * progress. `damaged` must not be used again; nor must one that is `stuck` in the run, so that what was sent behind it never
 * begins. `refused` is damaged too, and the job was certainly not started: it goes to another container, as does a
 * `recalled` one, whose container can be used again.
 */
export type Verdict = 'kept' | 'brief' | 'damaged' | 'stuck' | 'refused' | 'recalled'

export type JobFailure =
  /** Making the container failed with this error. */
  | { readonly kind: 'start-failed'; readonly error: unknown }
  /** It needs more than the whole pool has. */
  | { readonly kind: 'never-fits' }
  /** The invoker stops. */
  | { readonly kind: 'closing' }
