import type { ActivationStore, ActivationStoreCapabilities } from '@stemcell/core'
import { activationExpiryCases } from './activation-expiry-cases.ts'
import { activationOutageCases } from './activation-outage-cases.ts'
import { activationStoreCases, durableActivationStoreCases } from './activation-store-cases.ts'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { provisionalRecordCases } from './provisional-record-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite } from '../kit/case-suite.ts'
import type { StoreConformanceOptions } from './store-subject.ts'

export interface ActivationStoreConformanceOptions<S extends ActivationStore> extends StoreConformanceOptions<S> {
  readonly capabilities: ActivationStoreCapabilities
}

export function activationStoreConformance<S extends ActivationStore>(
  name: string,
  options: ActivationStoreConformanceOptions<S>,
): ConformanceSuite {
  const cases: ConformanceCase<S>[] = [
    ...activationStoreCases,
    ...activationExpiryCases,
    ...provisionalRecordCases,
    ...durableActivationStoreCases(options.reopen),
    ...activationOutageCases,
  ]
  return caseSuite('ActivationStore', name, cases, options)
}
