import type { ActivationStore, Adapter, EntityStore, SubjectStore } from '@stemcell/core'
import { CouchActivationStore } from './activations/couch-activation-store.ts'
import { parseCouchOptions, type CouchStoresOptions } from './couch-stores-options.ts'
import { ENTITY_DESIGN } from './design/entity-design.ts'
import { SUBJECT_DESIGN } from './design/subject-design.ts'
import { CouchDocumentStore } from './documents/couch-document-store.ts'
import { ENTITY_VIEWS } from './documents/entity-views.ts'
import { SUBJECT_VIEWS } from './documents/subject-views.ts'

export interface CouchStores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

const ADAPTER = { name: '@stemcell/spi-couchdb', core: '^0.1.0' } as const

/**
 * The three stores in databases of one server or cluster, with the names and the documents of OpenWhisk.
 * @throws ERR_CONFIG an option is wrong.
 */
export function couchStores(options: CouchStoresOptions): CouchStores {
  const settings = parseCouchOptions(options)
  const { entities, subjects } = settings.databases
  return {
    entityStore: {
      ...ADAPTER,
      build: (context) =>
        new CouchDocumentStore({ settings, database: entities, design: ENTITY_DESIGN, views: ENTITY_VIEWS }, context),
    },
    subjectStore: {
      ...ADAPTER,
      build: (context) =>
        new CouchDocumentStore({ settings, database: subjects, design: SUBJECT_DESIGN, views: SUBJECT_VIEWS }, context),
    },
    activationStore: { ...ADAPTER, build: (context) => new CouchActivationStore(settings, context) },
  }
}
