import type { StatusCode } from '../../model/activation.ts'
import type { TracedActivation } from '../../model/tracer.ts'
import type { Acquisition } from './job.ts'

/**
 * Told what an invoker does, for metrics. Called synchronously on the way of requests: count and return. What is not
 * given is not reported.
 */
export interface InvokerObserver {
  /** A container was chosen for an activation. */
  acquired?(event: {
    readonly namespace: string
    readonly action: string
    readonly kind: string
    readonly acquisition: Acquisition
  }): void
  /** An activation has its response; its logs and its record may still be on the way. */
  responded?(event: {
    readonly namespace: string
    readonly action: string
    readonly kind: string
    readonly statusCode: StatusCode
    readonly stages: StageTimes
    readonly traced?: TracedActivation & { readonly acquisition?: Acquisition }
  }): void
  /** A container was made, or could not be. */
  started?(event: { readonly stemCell: boolean; readonly ok: boolean; readonly ms: number }): void
  /** The log of an activation was read and kept, or that failed; after its response, in ms. */
  logged?(event: { readonly ms: number; readonly traced?: TracedActivation }): void
  /** A record is safe, ms after it was complete: every attempt included. */
  stored?(event: { readonly ms: number; readonly traced?: TracedActivation }): void
  /** A record was not stored at the first attempt. */
  recordRetried?(event: { readonly attempts: number }): void
  /** Once per second. */
  gauges?(gauges: PoolGauges): void
}

/** ms with fractions; a stage that did not take place is absent. */
export interface StageTimes {
  /** From the request's arrival at the controller to the invoker's taking it from the queue. */
  readonly queue: number
  /** From there to the first request to the container. */
  readonly acquire: number
  readonly init?: number
  readonly run?: number
}

/** How the containers of an invoker stand. */
export interface PoolGauges {
  readonly capacityMb: number
  /** Containers that are going included. */
  readonly usedMb: number
  readonly leavingMb: number
  /** Containers with at least one job, or being made for one. */
  readonly busy: number
  /** Initialised and without a job, suspended ones included. */
  readonly idle: number
  readonly idleMb: number
  readonly stemCells: number
  readonly stemCellsMb: number
  /** Containers being made, for jobs and as stem cells. */
  readonly starting: number
  /** Jobs without a container. */
  readonly waiting: number
  /** One for each plan of the manifest for stem cells. */
  readonly stemCellPlans: readonly StemCellGauges[]
}

/** How the stem cells of one plan stand, and what became of the plan since the invoker was made. */
export interface StemCellGauges {
  readonly kind: string
  readonly memoryMb: number
  /** Up and free. */
  readonly ready: number
  readonly starting: number
  /** Containers that had to be started for jobs which a cell of this plan would have served. */
  readonly missed: number
  /** Cells that nobody needed for the time to live of the plan. */
  readonly expired: number
}
