import type { SortedBackend } from '@stemcell/core/sorted-store'
import type { CaseHooks } from '../kit/case-hooks.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { sortedBackendCases } from './sorted-backend-cases.ts'

export interface SortedBackendConformanceOptions
  extends ConformanceOptions<SortedBackend>, Pick<CaseHooks<SortedBackend>, 'another'> {}

/**
 * Tests an implementation of SortedBackend by itself; the kits of the stores test what is made of it. Keys are never used
 * twice.
 */
export function sortedBackendConformance(name: string, options: SortedBackendConformanceOptions): ConformanceSuite {
  return caseSuite('SortedBackend', name, sortedBackendCases, options)
}
