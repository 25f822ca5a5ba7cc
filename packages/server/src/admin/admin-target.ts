import type { ActivationStore, EntityStore, SubjectAdministration, SubjectStore } from '@stemcell/core'

/** What administrative commands work on: the parts of a running platform, or stores opened for the occasion. */
export interface AdminTarget {
  administration(): Promise<SubjectAdministration>
  subjects(): Promise<SubjectStore>
  entities(): Promise<EntityStore>
  activations(): Promise<ActivationStore>
}
