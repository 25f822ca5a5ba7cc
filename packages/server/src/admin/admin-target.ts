import type {
  ActivationStore,
  EntityStore,
  Invoker,
  SubjectAdministration,
  SubjectChange,
  SubjectStore,
} from '@stemcell/core'
import type { RepairReport } from '@stemcell/spi-level'

/** What administrative commands work on: the parts of a running platform, or stores opened for the occasion. */
export interface AdminTarget {
  administration(): Promise<SubjectAdministration>
  subjects(): Promise<SubjectStore>
  entities(): Promise<EntityStore>
  activations(): Promise<ActivationStore>
  /** What was changed otherwise than through `administration`: whoever remembers it is told. */
  subjectsChanged(changed: SubjectChange): void
  /**
   * Makes the damaged embedded database usable again, see `repairLevelStores`.
   * @throws AdministrationError it is in use, or there is none.
   */
  repairEmbedded(): Promise<RepairReport>
  /** @throws AdministrationError there is none here. */
  invoker(): Promise<Invoker>
}
