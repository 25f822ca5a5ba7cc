import type { ActivationStore, Adapter, EntityStore, SubjectStore } from '@stemcell/core'
import { sortedStores } from '@stemcell/core/sorted-store'
import { ADAPTER, parseOptions, redisConnectionOptions, type RedisConnectionOptions } from '../redis-options.ts'
import { RedisActivationStore } from './redis-activation-store.ts'
import { RedisBackend } from './redis-backend.ts'

export interface RedisStores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

/** The three stores in one Redis; inside a process they share a connection. @throws ERR_CONFIG an option is wrong. */
export function redisStores(options: RedisConnectionOptions): RedisStores {
  const settings = parseOptions(redisConnectionOptions, options)
  const { entityStore, subjectStore } = sortedStores({
    ...ADAPTER,
    backend: (context) => new RedisBackend(settings, context),
  })
  return {
    entityStore,
    subjectStore,
    activationStore: { ...ADAPTER, build: (context) => new RedisActivationStore(settings, context) },
  }
}
