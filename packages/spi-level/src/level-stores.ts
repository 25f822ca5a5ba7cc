import {
  ENTITY_INDEXES,
  SUBJECT_INDEXES,
  type ActivationStore,
  type Adapter,
  type EntityStore,
  type SubjectStore,
} from '@stemcell/core'
import { LevelActivationStore } from './level-activation-store.ts'
import { LevelDocumentStore } from './level-document-store.ts'
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
  return {
    entityStore: {
      ...ADAPTER,
      build: (context) =>
        new LevelDocumentStore({ ...settings, documents: 'entities', indexes: ENTITY_INDEXES }, context),
    },
    subjectStore: {
      ...ADAPTER,
      build: (context) =>
        new LevelDocumentStore({ ...settings, documents: 'subjects', indexes: SUBJECT_INDEXES }, context),
    },
    activationStore: { ...ADAPTER, build: (context) => new LevelActivationStore(settings, context) },
  }
}
