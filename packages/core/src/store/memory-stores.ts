import type { Adapter } from '../adapter.ts'
import type { ActivationStore } from './activation-store.ts'
import { ENTITY_INDEXES, type EntityStore } from './entity-store.ts'
import { MemoryActivationStore } from './memory-activation-store.ts'
import { MemoryDocumentStore } from './memory-document-store.ts'
import { SUBJECT_INDEXES, type SubjectStore } from './subject-store.ts'

const BUILT_IN = { name: '@stemcell/core', core: '^0.1.0' } as const

/** Entities in memory: gone with the process. */
export function memoryEntityStore(): Adapter<EntityStore> {
  return { ...BUILT_IN, build: () => new MemoryDocumentStore(ENTITY_INDEXES) }
}

/** Subjects in memory: gone with the process. */
export function memorySubjectStore(): Adapter<SubjectStore> {
  return { ...BUILT_IN, build: () => new MemoryDocumentStore(SUBJECT_INDEXES) }
}

/** Activation records in memory: gone with the process. */
export function memoryActivationStore(): Adapter<ActivationStore> {
  return { ...BUILT_IN, build: (context) => new MemoryActivationStore(context) }
}
