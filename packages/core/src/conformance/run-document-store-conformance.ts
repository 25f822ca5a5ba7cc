import type { DocumentStore, DocumentStoreCapabilities } from '../store/document-store.ts'
import { attachmentCases } from './attachment-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { documentStoreCases, durableDocumentStoreCases } from './document-store-cases.ts'
import { entityIndexCases } from './entity-index-cases.ts'
import { runConformance } from './run-conformance.ts'
import type { StoreConformanceOptions } from './store-subject.ts'
import { subjectIndexCases } from './subject-index-cases.ts'

export interface DocumentStoreConformanceOptions<S extends DocumentStore> extends StoreConformanceOptions<S> {
  readonly capabilities: DocumentStoreCapabilities
}

/** For a store that realises `ENTITY_INDEXES`. */
export function runEntityStoreConformance<S extends DocumentStore>(
  name: string,
  options: DocumentStoreConformanceOptions<S>,
): void {
  run('EntityStore', name, entityIndexCases, options)
}

/** For a store that realises `SUBJECT_INDEXES`. */
export function runSubjectStoreConformance<S extends DocumentStore>(
  name: string,
  options: DocumentStoreConformanceOptions<S>,
): void {
  run('SubjectStore', name, subjectIndexCases, options)
}

function run<S extends DocumentStore>(
  spi: string,
  name: string,
  indexCases: readonly ConformanceCase<DocumentStore>[],
  options: DocumentStoreConformanceOptions<S>,
): void {
  const cases: ConformanceCase<S>[] = [
    ...documentStoreCases,
    ...attachmentCases,
    ...indexCases,
    ...durableDocumentStoreCases(options.reopen),
  ]
  runConformance(spi, name, cases, options)
}
