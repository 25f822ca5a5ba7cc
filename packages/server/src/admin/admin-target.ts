import type { ActivationStore, EntityStore, Invoker, SubjectAdministration, SubjectStore } from '@stemcell/core'

/** What administrative commands work on: the parts of a running platform, or stores opened for the occasion. */
export interface AdminTarget {
  administration(): Promise<SubjectAdministration>
  subjects(): Promise<SubjectStore>
  entities(): Promise<EntityStore>
  activations(): Promise<ActivationStore>
  /** @throws AdministrationError there is none here. */
  invoker(): Promise<Invoker>
}
