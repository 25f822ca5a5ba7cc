import type { EntityHead } from './entity-head.ts'
import type { EntityId } from './entity-name.ts'

/** Says which action runs when a trigger fires. Whether it does is kept in the trigger, see `RuleLink`. */
export interface Rule extends EntityHead {
  readonly trigger: EntityId
  /** As the owner wrote it: it may lead through a binding. */
  readonly action: EntityId
}
