import { LeastLoadedBalancer, type PoolPolicy } from '@stemcell/core'
import { createPolicy, type PolicyOptions } from '../src/policies/policy-options.ts'
import type { Figures } from '../src/replay/figures.ts'
import { replay, type ReplayOptions } from '../src/replay/replay.ts'
import type { Invocation, Trace, TraceFunction } from '../src/trace/trace.ts'

export function aFunction(name: string, facts: Partial<TraceFunction> = {}): TraceFunction {
  return { name, namespace: 'guest', memoryMb: 1024, initMs: undefined, ...facts }
}

export function traceOf(invocations: readonly Invocation[]): Trace {
  return {
    name: 'a trace',
    fittingMemoryMb: undefined,
    portions: async function* () {
      yield invocations
    },
  }
}

/** Every invocation of a trace. */
export async function all(trace: Trace): Promise<Invocation[]> {
  const found: Invocation[] = []
  for await (const portion of trace.portions()) found.push(...portion)
  return found
}

/** What becomes of a trace with one policy; a container takes 300 ms and its initialisation 200. */
export async function figuresWith(
  policy: PolicyOptions | (() => PoolPolicy),
  trace: Trace,
  options: Partial<ReplayOptions> = {},
): Promise<Figures> {
  const create = typeof policy === 'function' ? policy : () => createPolicy(policy)
  const report = await replay(trace, {
    schedulers: [{ name: 'least-loaded', create: () => new LeastLoadedBalancer() }],
    policies: [{ name: 'policy', create }],
    invokers: 1,
    ...options,
  })
  return report.results[0]!.figures
}
