import type { Trace, TraceCarrier, TracedRequest, Tracer } from '../model/tracer.ts'
import type { OnFault } from './first-fault.ts'

const NOTHING: TraceCarrier = {}

/** A tracer that does not throw. */
export function guardedTracer(tracer: Tracer, onFault: OnFault): Tracer {
  return {
    begin(request: TracedRequest): Trace | undefined {
      try {
        return tracer.begin(request)
      } catch (err) {
        onFault(err)
        return undefined
      }
    },
    carrier(trace: Trace, activationId: string): TraceCarrier {
      try {
        return tracer.carrier(trace, activationId)
      } catch (err) {
        onFault(err)
        return NOTHING
      }
    },
  }
}
