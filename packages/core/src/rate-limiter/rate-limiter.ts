import type { AdapterContext } from '../assembly/adapter.ts'
import type { Lifecycle, MaybePromise } from '../lifecycle.ts'

/**
 * RateLimiter SPI: how much a namespace may ask for. Lies on the path of every invocation: an implementation answers
 * without a promise where it can.
 */
export interface RateLimiter extends Lifecycle {
  readonly capabilities: RateLimiterCapabilities

  /**
   * Counts one request against the namespace's budget of this minute, whether or not it is then allowed, as OpenWhisk
   * does. Counters of `invocations` and `fires` are separate.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE the backend did not answer; the caller decides whether to let the request pass.
   */
  countRequest(request: RateRequest): MaybePromise<RateDecision>

  /**
   * Takes one of the namespace's concurrent places if fewer than `limit` are taken. An allowed decision must be
   * followed by exactly one `leave` with the same namespace id.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  enter(request: ConcurrencyRequest): MaybePromise<RateDecision>

  /** Gives a place back. Never throws; a surplus call is ignored. */
  leave(namespaceId: string): void
}

export interface RateLimiterCapabilities {
  /** `cluster`: limits hold over all controllers together. `process`: each controller enforces its diluted share. */
  readonly scope: 'process' | 'cluster'
}

export interface RateRequest {
  readonly namespaceId: string
  readonly budget: 'invocations' | 'fires'
  /** Requests per minute; 0 allows none. */
  readonly limit: number
}

export interface ConcurrencyRequest {
  readonly namespaceId: string
  /** 0 allows none. */
  readonly limit: number
}

export interface RateDecision {
  readonly allowed: boolean
  /** What the count is now, this request included when it was counted. */
  readonly count: number
  /** The limit that was applied, after dilution. */
  readonly limit: number
  /** When asking again may help; undefined when nobody knows. */
  readonly retryAfterMs?: number
}

/** What the assembly hands to a rate limiter. */
export interface RateLimiterContext extends AdapterContext {
  /** Controllers in the cluster now, >= 1; undefined when there is only this one. */
  readonly controllers?: () => number
}
