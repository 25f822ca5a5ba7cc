import type { Adapter, AdapterContext } from '../../adapter.ts'
import type { ActivationStore } from '../activation-store.ts'
import { ENTITY_INDEXES, type EntityStore } from '../entity-store.ts'
import { SUBJECT_INDEXES, type SubjectStore } from '../subject-store.ts'
import { SortedActivationStore } from './sorted-activation-store.ts'
import type { SortedBackend } from './sorted-backend.ts'
import { SortedDocumentStore } from './sorted-document-store.ts'

/** What the keys of each store begin with. */
export const STORE_LETTERS = { entities: 'e', subjects: 's', activations: 'a' } as const

/** What {@link sortedStores} makes stores of. */
export interface SortedStoresDescription {
  /** Package name of the adapter, as it appears in errors. */
  readonly name: string
  /** The range of core versions it was built for. */
  readonly core: string
  /** Called for each store that is built: a store opens and closes its backend. All may work on the same data. */
  readonly backend: (context: AdapterContext) => SortedBackend
}

/** Adapters of the three stores of a platform. */
export interface SortedStores {
  readonly entityStore: Adapter<EntityStore>
  readonly subjectStore: Adapter<SubjectStore>
  readonly activationStore: Adapter<ActivationStore>
}

/** The three stores of a platform on one kind of backend. */
export function sortedStores({ name, core, backend }: SortedStoresDescription): SortedStores {
  const adapter = <T>(build: (context: AdapterContext) => T): Adapter<T> => ({ name, core, build })
  return {
    entityStore: adapter(
      (context) =>
        new SortedDocumentStore(
          { backend: backend(context), letter: STORE_LETTERS.entities, indexes: ENTITY_INDEXES },
          context,
        ),
    ),
    subjectStore: adapter(
      (context) =>
        new SortedDocumentStore(
          { backend: backend(context), letter: STORE_LETTERS.subjects, indexes: SUBJECT_INDEXES },
          context,
        ),
    ),
    activationStore: adapter(
      (context) => new SortedActivationStore({ backend: backend(context), letter: STORE_LETTERS.activations }, context),
    ),
  }
}
