import type { AdapterContext } from '../adapter.ts'
import type { Lifecycle, MaybePromise } from '../lifecycle.ts'

/**
 * RateLimiter SPI: how much a namespace may ask for. Lies on the path of every invocation: an implementation answers
 * without a promise where it can.
 */
export interface RateLimiter extends Lifecycle {
  readonly capabilities: RateLimiterCapabilities

  /**
   * Lets one invocation in: counts it against the namespace's invocations of this minute, whether or not it is then
   * allowed, as OpenWhisk does; where that limit has room, takes a concurrent place if fewer than `concurrent` are
   * taken. Both in one question, since it may have to travel. An allowed decision must be followed by exactly one
   * `leave` with the same namespace id.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE the backend did not answer; the caller decides whether to let the request pass.
   */
  enter(request: EntryRequest): MaybePromise<EntryDecision>

  /**
   * Counts one firing of a trigger against the namespace's firings of this minute, whether or not it is then allowed.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  countFire(request: FireRequest): MaybePromise<RateDecision>

  /** Gives a place back. Never throws; a surplus call is ignored. */
  leave(namespaceId: string): void
}

/** What a rate limiter promises beyond its methods. */
export interface RateLimiterCapabilities {
  /** `cluster`: limits hold over all controllers together. `process`: each controller enforces its diluted share. */
  readonly scope: 'process' | 'cluster'
}

/** An invocation that wants in, and the limits of its namespace. */
export interface EntryRequest {
  readonly namespaceId: string
  /** Invocations per minute; 0 allows none. */
  readonly perMinute: number
  /** Invocations at once; 0 allows none. */
  readonly concurrent: number
}

/** A trigger that is to fire, and the limit of its namespace. */
export interface FireRequest {
  readonly namespaceId: string
  /** Firings per minute; 0 allows none. */
  readonly perMinute: number
}

/** Whether a limit lets something in. */
export interface RateDecision {
  readonly allowed: boolean
  /** What the count is now, this request included when it was counted. */
  readonly count: number
  /** The limit that was applied, after dilution. */
  readonly limit: number
  /** When asking again may help; undefined when nobody knows. */
  readonly retryAfterMs?: number
}

/** Whether both limits let an invocation in. */
export interface EntryDecision extends RateDecision {
  /** Which limit it is about: the minute's when that refused the request, otherwise that of places. */
  readonly of: 'minute' | 'places'
}

/** What the assembly hands to a rate limiter. */
export interface RateLimiterContext extends AdapterContext {
  /** Controllers in the cluster now, >= 1; undefined when there is only this one. */
  readonly controllers?: () => number
}
