import type { DocumentStore, DocumentStoreCapabilities } from '@stemcell/core'
import { attachmentCases } from './attachment-cases.ts'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { damagedDocumentCases } from './damaged-document-cases.ts'
import { documentOutageCases } from './document-outage-cases.ts'
import { documentStoreCases, durableDocumentStoreCases } from './document-store-cases.ts'
import { entityIndexCases } from './entity-index-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite } from '../kit/case-suite.ts'
import type { StoreConformanceOptions } from './store-subject.ts'
import { subjectIndexCases } from './subject-index-cases.ts'

export interface DocumentStoreConformanceOptions<S extends DocumentStore> extends StoreConformanceOptions<S> {
  readonly capabilities: DocumentStoreCapabilities
}

/** For a store that realises `ENTITY_INDEXES`. */
export function entityStoreConformance<S extends DocumentStore>(
  name: string,
  options: DocumentStoreConformanceOptions<S>,
): ConformanceSuite {
  return suite('EntityStore', name, [...entityIndexCases, ...damagedDocumentCases], options)
}

/** For a store that realises `SUBJECT_INDEXES`. */
export function subjectStoreConformance<S extends DocumentStore>(
  name: string,
  options: DocumentStoreConformanceOptions<S>,
): ConformanceSuite {
  return suite('SubjectStore', name, subjectIndexCases, options)
}

function suite<S extends DocumentStore>(
  spi: string,
  name: string,
  indexCases: readonly ConformanceCase<DocumentStore>[],
  options: DocumentStoreConformanceOptions<S>,
): ConformanceSuite {
  const cases: ConformanceCase<S>[] = [
    ...documentStoreCases,
    ...attachmentCases,
    ...indexCases,
    ...durableDocumentStoreCases(options.reopen),
    ...documentOutageCases,
  ]
  return caseSuite(spi, name, cases, options)
}
