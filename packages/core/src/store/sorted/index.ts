export type {
  FoundValue,
  KeyRange,
  SortedBackend,
  SortedBatch,
  SortedCondition,
  SortedEntry,
  SortedOperation,
  SortedRange,
  SortedReads,
  SortedValue,
} from './sorted-backend.ts'
export { compareKeys } from './sorted-backend.ts'
export { MemorySortedBackend } from './memory-sorted-backend.ts'
export { sortedStores, STORE_LETTERS, type SortedStores, type SortedStoresDescription } from './sorted-stores.ts'
export { SortedDocumentStore, type SortedDocumentStoreOptions } from './sorted-document-store.ts'
export { SortedActivationStore, type SortedActivationStoreOptions } from './sorted-activation-store.ts'

// How the stores lay their data out, for an adapter that has a way of its own to read and write it.
export {
  escapeName,
  isAttachmentKey,
  KeySpace,
  readRowKey,
  rowBounds,
  rowCountOf,
  rowCountOfRange,
  rowsCounted,
} from './key-space.ts'
export type { OrderRange, RowAddress } from './key-space.ts'
export { documentRecord, readDocument, readHeader } from './document-record.ts'
export type { AttachmentHeader, DocumentHeader } from './document-record.ts'
export { rowsOf, type NewRow } from './document-change.ts'
export { ACTIVATION_BOUNDS } from './bounds.ts'
export { activationRows, namePartition, NO_SUMMARY, recordKey, rowsIn } from './activation-rows.ts'
export { boundedActivationText, parseActivation, parseSummary } from './activation-text.ts'
export { readable } from './readable.ts'
