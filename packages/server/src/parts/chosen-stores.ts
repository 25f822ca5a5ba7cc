import type { ActivationStore, Adapter, EntityStore, SubjectStore } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import type { AdapterSource, Config } from '../config/config-schema.ts'
import { loadAdapter } from '../config/load-adapter.ts'
import type { DataFolder } from '../standalone/data-folder.ts'

export interface Stores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

/**
 * The stores that the configuration names; those it does not are in the data folder.
 * @param spill where this process leaves records that the activation store does not take yet, see `ConfigurableAdapter`.
 * @throws ERR_CONFIG
 */
export async function chosenStores(config: Config, data: DataFolder, spill?: string): Promise<Stores> {
  const embedded = levelStores({ dir: data.store })
  const choose = async <T>(
    part: keyof Stores,
    own: AdapterSource | undefined,
    fallback: Adapter<T>,
    folder?: string,
  ): Promise<Adapter<T>> => {
    const source = own ?? config.stores
    return source ? loadAdapter<T>(part, source, folder) : fallback
  }
  return {
    entityStore: await choose('entityStore', config.entityStore, embedded.entityStore),
    subjectStore: await choose('subjectStore', config.subjectStore, embedded.subjectStore),
    activationStore: await choose('activationStore', config.activationStore, embedded.activationStore, spill),
  }
}

/** Whether any of them is the embedded database. */
export function usesEmbedded(config: Config): boolean {
  return !config.stores && !(config.entityStore && config.subjectStore && config.activationStore)
}
