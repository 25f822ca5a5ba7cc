import type { Distribution } from './latency.ts'

/** How long a point lasts, ms, and how many are kept: an hour. */
export const POINT_MS = 10_000
export const KEPT_POINTS = 360

/** How activations got their containers. */
export interface Acquisitions {
  readonly hot: number
  readonly resumed: number
  readonly stemcell: number
  readonly cold: number
}

/** What an invoker did in {@link POINT_MS}, and how its pool was at the end. */
export interface InvokerPoint {
  /** Begin, epoch ms; a multiple of {@link POINT_MS}. */
  readonly at: number
  /** Activations that got their response, by status code. */
  readonly ended: readonly [success: number, application: number, developer: number, internal: number]
  readonly acquired: Acquisitions
  /** From the request's arrival at a controller to the response of the action. */
  readonly latency: Distribution
  readonly pool: PoolFigures
}

/** The pool of an invoker at a moment. */
export interface PoolFigures {
  readonly capacityMb: number
  readonly usedMb: number
  readonly waiting: number
  /** Of the host's processors, 0 to 1. */
  readonly cpu: number
}

/** What a controller did in {@link POINT_MS}. */
export interface ControllerPoint {
  readonly at: number
  readonly requests: number
  /** Requests answered with 5xx. */
  readonly failures: number
  /** Activations that were not accepted, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** At the end. */
  readonly inFlight: number
  readonly waiting: number
}

export const EMPTY_POOL: PoolFigures = { capacityMb: 0, usedMb: 0, waiting: 0, cpu: 0 }
