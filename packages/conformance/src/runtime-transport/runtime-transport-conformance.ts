import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'
import { runtimeTransportCases, type RuntimeTransportSubject } from './runtime-transport-cases.ts'

export type RuntimeTransportConformanceOptions = Pick<
  ConformanceOptions<RuntimeTransportSubject>,
  'create' | 'destroy' | 'patienceMs' | 'knownFailures'
>

/** Runs every promise that a runtime makes about frames; `create` starts one and resolves when it answers. */
export function runtimeTransportConformance(
  name: string,
  options: RuntimeTransportConformanceOptions,
): ConformanceSuite {
  return caseSuite('RuntimeTransport', name, runtimeTransportCases, options)
}
