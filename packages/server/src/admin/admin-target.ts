import type {
  ActivationStore,
  EntityStore,
  Invoker,
  SubjectAdministration,
  SubjectChange,
  SubjectStore,
} from '@stemcell/core'

/** What administrative commands work on: the parts of a running platform, or stores opened for the occasion. */
export interface AdminTarget {
  administration(): Promise<SubjectAdministration>
  subjects(): Promise<SubjectStore>
  entities(): Promise<EntityStore>
  activations(): Promise<ActivationStore>
  /** What was changed otherwise than through `administration`: whoever remembers it is told. */
  subjectsChanged(changed: SubjectChange): void
  /** @throws AdministrationError there is none here. */
  invoker(): Promise<Invoker>
}
