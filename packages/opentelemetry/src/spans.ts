import {
  context,
  SpanKind,
  SpanStatusCode,
  trace as traceApi,
  TraceFlags,
  type Attributes,
  type Span,
  type SpanContext,
  type Tracer as ApiTracer,
} from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import type {
  ControllerObserver,
  InvokerObserver,
  Random,
  Trace,
  TraceCarrier,
  TracedActivation,
  TracedRequest,
  Tracer,
} from '@stemcell/core'
import type { PresetIds } from './preset-ids.ts'
import type { WallClock } from './wall-clock.ts'

/** What the invoker needs beside `traceparent`, in the same carrier. */
const REQUEST_SPAN = 'stemcell-request'
const PLACED_AT = 'stemcell-placed'

const RATIO_STEPS = 1_000_000

export interface SpanParts {
  readonly tracer: ApiTracer
  readonly ids: PresetIds
  readonly clock: WallClock
  readonly random: Random
  readonly ratio: number
}

/** A request with spans. */
class RecordedTrace {
  readonly span: Span
  readonly tracestate: string | undefined
  readonly beganMs: number
  /** End of the last stage that was told of. */
  placedMs: number
  endedMs: number | undefined
  isAdmitted = false

  constructor(span: Span, beganMs: number, tracestate: string | undefined) {
    this.span = span
    this.beganMs = beganMs
    this.placedMs = beganMs
    this.tracestate = tracestate
  }
}

/** One that its client traces, but did not choose: it is handed on, and nothing is recorded. */
class PassedTrace {
  readonly carrier: TraceCarrier

  constructor(carrier: TraceCarrier) {
    this.carrier = carrier
  }
}

/**
 * The spans of requests and activations, made of what the observers are told:
 * request → admission, place, activation → queue, acquire, init, run, logs, store; answer.
 */
export class Spans implements Tracer {
  readonly controller: ControllerObserver
  readonly invoker: InvokerObserver
  readonly #parts: SpanParts

  constructor(parts: SpanParts) {
    this.#parts = parts
    this.controller = {
      placed: ({ trace, invoker, waitMs, action }) => {
        if (trace instanceof RecordedTrace) this.#placed(trace, { invoker, waitMs, action })
      },
      refused: ({ trace, reason, action }) => {
        if (trace instanceof RecordedTrace) trace.span.addEvent('refused', { reason, 'stemcell.action': action })
      },
      blockingEnded: ({ trace, endMs }) => {
        if (trace instanceof RecordedTrace) trace.endedMs = endMs
      },
      answered: ({ trace, method, route, status }) => {
        if (trace instanceof RecordedTrace) this.#answered(trace, method, route, status)
      },
    }
    this.invoker = {
      responded: ({ traced, stages, statusCode, action, namespace, kind }) => {
        if (!traced) return
        const { queue: _queue, ...own } = stages
        const { acquisition } = traced
        this.#responded(traced, own, statusCode, {
          'faas.invoked_name': action,
          'faas.invocation_id': traced.activationId,
          'stemcell.namespace': namespace,
          'stemcell.kind': kind,
          'stemcell.transaction': traced.transactionId,
          ...(acquisition && {
            'stemcell.acquired': acquisition.how,
            ...(acquisition.reason && { 'stemcell.acquired.reason': acquisition.reason }),
          }),
        })
      },
      logged: ({ traced, ms }) => traced && this.#after(traced, 'logs', ms),
      stored: ({ traced, ms }) => traced && this.#after(traced, 'store', ms),
    }
  }

  begin({ method, path, transactionId, traceparent, tracestate }: TracedRequest): Trace | undefined {
    const parent = traceparent === undefined ? null : parseTraceParent(traceparent)
    if (parent && (parent.traceFlags & TraceFlags.SAMPLED) === 0) {
      return new PassedTrace({ traceparent: traceparent!, ...(tracestate === undefined ? {} : { tracestate }) })
    }
    const { ratio, random, clock, tracer } = this.#parts
    if (!parent && ratio < 1 && random.below(RATIO_STEPS) >= ratio * RATIO_STEPS) return undefined
    const beganMs = clock.now()
    const span = tracer.startSpan(
      `${method} request`,
      {
        kind: SpanKind.SERVER,
        startTime: beganMs,
        attributes: { 'http.request.method': method, 'url.path': path, 'stemcell.transaction': transactionId },
      },
      parent ? traceApi.setSpanContext(context.active(), { ...parent, isRemote: true }) : context.active(),
    )
    return new RecordedTrace(span, beganMs, parent ? tracestate : undefined)
  }

  carrier(trace: Trace, _activationId: string): TraceCarrier {
    if (trace instanceof PassedTrace) return trace.carrier
    if (!(trace instanceof RecordedTrace)) return {}
    const { traceId, spanId } = trace.span.spanContext()
    const { tracestate, placedMs } = trace
    return {
      traceparent: `00-${traceId}-${this.#parts.ids.generateSpanId()}-01`,
      ...(tracestate === undefined ? {} : { tracestate }),
      [REQUEST_SPAN]: spanId,
      [PLACED_AT]: placedMs.toFixed(3),
    }
  }

  #placed(
    trace: RecordedTrace,
    { invoker, waitMs, action }: { invoker: number; waitMs: number; action: string },
  ): void {
    const now = this.#parts.clock.now()
    const cameMs = Math.max(trace.beganMs, now - waitMs)
    const parent = trace.span.spanContext()
    if (!trace.isAdmitted) this.#add('admission', parent, trace.beganMs, cameMs)
    trace.isAdmitted = true
    this.#add('place', parent, cameMs, now, { 'stemcell.invoker': invoker, 'stemcell.action': action })
    trace.placedMs = now
  }

  #answered({ span, endedMs }: RecordedTrace, method: string, route: string, status: number): void {
    const now = this.#parts.clock.now()
    if (endedMs !== undefined) this.#add('answer', span.spanContext(), Math.min(endedMs, now), now)
    span.updateName(`${method} ${route}`)
    span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(now)
  }

  #responded(
    { carrier }: TracedActivation,
    { acquire, init = 0, run }: { readonly acquire: number; readonly init?: number; readonly run?: number },
    statusCode: number,
    attributes: Attributes,
  ): void {
    const own = contextOf(carrier)
    const request = carrier[REQUEST_SPAN]
    if (!own || request === undefined) return
    const ended = this.#parts.clock.now()
    const runBegan = ended - (run ?? 0)
    const initBegan = runBegan - init
    const taken = initBegan - acquire
    const placed = Math.min(Number(carrier[PLACED_AT]) || taken, taken)
    this.#parts.ids.preset(own.spanId)
    const activation = this.#parts.tracer.startSpan(
      'activation',
      { startTime: placed, attributes: { ...attributes, 'stemcell.status': statusCode } },
      traceApi.setSpanContext(context.active(), { ...own, spanId: request, isRemote: true }),
    )
    if (statusCode !== 0) activation.setStatus({ code: SpanStatusCode.ERROR })
    this.#add('queue', own, placed, taken)
    this.#add('acquire', own, taken, initBegan, {
      'stemcell.acquired': attributes['stemcell.acquired'] ?? 'none',
      'stemcell.acquired.reason': attributes['stemcell.acquired.reason'] ?? 'none',
    })
    if (init > 0) this.#add('init', own, initBegan, runBegan)
    if (run !== undefined) this.#add('run', own, runBegan, ended)
    activation.end(ended)
  }

  #after({ carrier }: TracedActivation, name: string, ms: number): void {
    const own = contextOf(carrier)
    if (!own || carrier[REQUEST_SPAN] === undefined) return
    const now = this.#parts.clock.now()
    this.#add(name, own, now - ms, now)
  }

  #add(name: string, parent: SpanContext, beganMs: number, endedMs: number, attributes: Attributes = {}): void {
    this.#parts.tracer
      .startSpan(name, { startTime: beganMs, attributes }, traceApi.setSpanContext(context.active(), parent))
      .end(endedMs)
  }
}

function contextOf({ traceparent }: TraceCarrier): SpanContext | null {
  return traceparent === undefined ? null : parseTraceParent(traceparent)
}
