import type { Trace } from '../../model/tracer.ts'
import type { InvokerState } from '../../load-balancer/load-balancer.ts'

/**
 * Told what a controller does, for metrics. Called synchronously on the way of requests: count and return. What is not
 * given is not reported.
 */
export interface ControllerObserver {
  /** A request was answered. `route` is the path as the API writes it, with `{name}` for what varies; `other` for none. */
  answered?(event: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly ms: number
    readonly trace?: Trace
  }): void
  /** The caller of a request is known: `ms` is what asking took, next to nothing when the answer was remembered. */
  authenticated?(event: { readonly ms: number }): void
  /** An invocation was let in by the limits of its namespace, after `ms`. */
  admitted?(event: { readonly ms: number }): void
  /** An activation was sent to an invoker, `waitMs` after it came: 0 unless there was no room before. */
  placed?(event: ActivationFacts & { readonly invoker: number; readonly waitMs: number; readonly trace?: Trace }): void
  /** An activation waits, as no invoker has room for it. */
  waiting?(event: ActivationFacts): void
  /** An activation was not accepted. */
  refused?(event: ActivationFacts & { readonly reason: string; readonly trace?: Trace }): void
  /** A caller who waited for a result got it, was told to look for it later, or got an error. */
  blockingEnded?(
    event: ActivationFacts & {
      readonly outcome: 'result' | 'later' | 'error'
      readonly ms: number
      readonly trace?: Trace
      /** When the activation ended, epoch ms; told of those whose request is traced. */
      readonly endMs?: number
    },
  ): void
  /** An invoker told of a result, of an end, or of both; `isLate`: after the activation was ended here. */
  acknowledged?(event: { readonly kind: 'result' | 'completion' | 'both'; readonly isLate: boolean }): void
  /** Once per second. */
  gauges?(gauges: ControllerGauges): void
}

/** Which activation an event is about. */
export interface ActivationFacts {
  /** Of the caller. */
  readonly namespace: string
  /** `namespace/[package/]name` */
  readonly action: string
  readonly kind: string
}

/** How a controller stands, about once a second. */
export interface ControllerGauges {
  /** Activations accepted and not ended, those that wait included. */
  readonly inFlight: number
  readonly waiting: number
  readonly invokers: Readonly<Record<InvokerState, number>>
}
