import type { LogStore, LogStoreCapabilities } from '@stemcell/core'
import type { CaseHooks } from '../kit/case-hooks.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { logStoreCases } from './log-store-cases.ts'

export interface LogStoreConformanceOptions extends ConformanceOptions<LogStore>, CaseHooks<LogStore> {
  readonly capabilities: LogStoreCapabilities
}

/** Tests an implementation of LogStore. Namespaces and activations are never used twice. */
export function logStoreConformance(name: string, options: LogStoreConformanceOptions): ConformanceSuite {
  return caseSuite('LogStore', name, logStoreCases, options)
}
