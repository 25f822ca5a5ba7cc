import type { ActivationStore, Adapter, EntityStore, SubjectStore } from '@stemcell/core'
import { sortedStores } from '@stemcell/core/sorted-store'
import { LevelActivationStore } from './level-activation-store.ts'
import { LevelBackend } from './level-backend.ts'
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
  const { entityStore, subjectStore } = sortedStores({
    ...ADAPTER,
    backend: (context) => new LevelBackend(settings, context),
  })
  return {
    entityStore,
    subjectStore,
    activationStore: { ...ADAPTER, build: (context) => new LevelActivationStore(settings, context) },
  }
}
