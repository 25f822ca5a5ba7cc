import {
  ENTITY_INDEXES,
  SUBJECT_INDEXES,
  type ActivationStore,
  type Adapter,
  type AdapterContext,
  type EntityStore,
  type SubjectStore,
} from '@stemcell/core'
import { SortedDocumentStore, type SortedDocumentStoreOptions } from '@stemcell/core/sorted-store'
import { LevelActivationStore } from './level-activation-store.ts'
import { LevelBackend } from './level-backend.ts'
import { DOCUMENT_LETTERS } from './rebuild-rows.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'

export interface LevelStores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

const ADAPTER = { name: '@stemcell/spi-level', core: '^0.1.0' } as const

/**
 * The three stores in one folder. They share one database, opened with the first and closed with the last of them.
 * @throws ERR_CONFIG an option is wrong.
 */
export function levelStores(options: LevelStoresOptions): LevelStores {
  const settings = parseLevelOptions(options)
  const documents = (
    context: AdapterContext,
    which: Omit<SortedDocumentStoreOptions, 'backend'>,
  ): SortedDocumentStore => new SortedDocumentStore({ backend: new LevelBackend(settings, context), ...which }, context)
  return {
    entityStore: {
      ...ADAPTER,
      build: (context) => documents(context, { letter: DOCUMENT_LETTERS.entities, indexes: ENTITY_INDEXES }),
    },
    subjectStore: {
      ...ADAPTER,
      build: (context) => documents(context, { letter: DOCUMENT_LETTERS.subjects, indexes: SUBJECT_INDEXES }),
    },
    activationStore: { ...ADAPTER, build: (context) => new LevelActivationStore(settings, context) },
  }
}
