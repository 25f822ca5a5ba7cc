export type {
  KeyRange,
  SortedBackend,
  SortedBatch,
  SortedCondition,
  SortedEntry,
  SortedOperation,
  SortedRange,
  SortedValue,
} from './sorted-backend.ts'
export { compareKeys } from './sorted-backend.ts'
export { MemorySortedBackend } from './memory-sorted-backend.ts'
export { sortedStores, type SortedStores, type SortedStoresDescription } from './sorted-stores.ts'
export { SortedDocumentStore, type SortedDocumentStoreOptions } from './sorted-document-store.ts'
export { SortedActivationStore, type SortedActivationStoreOptions } from './sorted-activation-store.ts'
