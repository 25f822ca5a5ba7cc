/** A request that is traced; what it is, is the tracer's business. */
export type Trace = object

/** Of W3C's trace context, as text; what else a tracer puts into it travels along. */
export type TraceCarrier = Readonly<Record<string, string>>

/**
 * Decides which requests are traced. What happens to them the observers are told, with the trace; in other processes
 * with what `carrier` gave. Called synchronously on the way of requests. One that throws is logged once, and the request
 * is not traced.
 */
export interface Tracer {
  /** Of each request. `traceparent` and `tracestate` are the client's, unchecked. Undefined: it is not traced. */
  begin(request: TracedRequest): Trace | undefined

  /**
   * What travels with an activation that is sent now. `traceparent` and `tracestate` are given to the action, as
   * `__OW_TRACEPARENT` and, together, as JSON, in `__OW_TRACE_CONTEXT`.
   */
  carrier(trace: Trace, activationId: string): TraceCarrier
}

/** What a tracer may know of a request when it decides. */
export interface TracedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly transactionId: string
  readonly traceparent?: string
  readonly tracestate?: string
}

/** An activation whose request is traced, as its invoker tells of it. */
export interface TracedActivation {
  readonly carrier: TraceCarrier
  readonly activationId: string
  readonly transactionId: string
}
