import {
  ENTITY_INDEXES,
  SUBJECT_INDEXES,
  type ActivationStore,
  type Adapter,
  type EntityStore,
  type SubjectStore,
} from '@stemcell/core'
import { ADAPTER, parseOptions, redisConnectionOptions, type RedisConnectionOptions } from '../redis-options.ts'
import { RedisActivationStore } from './redis-activation-store.ts'
import { RedisDocumentStore } from './redis-document-store.ts'

export interface RedisStores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

/** The three stores in one Redis; inside a process they share a connection. @throws ERR_CONFIG an option is wrong. */
export function redisStores(options: RedisConnectionOptions): RedisStores {
  const settings = parseOptions(redisConnectionOptions, options)
  return {
    entityStore: {
      ...ADAPTER,
      build: (context) => new RedisDocumentStore('entities', ENTITY_INDEXES, settings, context),
    },
    subjectStore: {
      ...ADAPTER,
      build: (context) => new RedisDocumentStore('subjects', SUBJECT_INDEXES, settings, context),
    },
    activationStore: { ...ADAPTER, build: (context) => new RedisActivationStore(settings, context) },
  }
}
