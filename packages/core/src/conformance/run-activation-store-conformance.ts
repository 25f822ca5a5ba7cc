import type { ActivationStore, ActivationStoreCapabilities } from '../store/activation-store.ts'
import { activationExpiryCases } from './activation-expiry-cases.ts'
import { activationStoreCases, durableActivationStoreCases } from './activation-store-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { provisionalRecordCases } from './provisional-record-cases.ts'
import { runConformance } from './run-conformance.ts'
import type { StoreConformanceOptions } from './store-subject.ts'

export interface ActivationStoreConformanceOptions<S extends ActivationStore> extends StoreConformanceOptions<S> {
  readonly capabilities: ActivationStoreCapabilities
}

export function runActivationStoreConformance<S extends ActivationStore>(
  name: string,
  options: ActivationStoreConformanceOptions<S>,
): void {
  const cases: ConformanceCase<S>[] = [
    ...activationStoreCases,
    ...activationExpiryCases,
    ...provisionalRecordCases,
    ...durableActivationStoreCases(options.reopen),
  ]
  runConformance('ActivationStore', name, cases, options)
}
