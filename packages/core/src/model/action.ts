import type { ActionLimits } from './action-limits.ts'
import type { EntityId } from './entity-name.ts'
import type { Exec } from './exec.ts'
import type { Parameters } from './parameters.ts'

/** An action as the platform works with it. */
export interface Action extends EntityId {
  readonly exec: Exec
  readonly parameters: Parameters
  readonly limits: ActionLimits
  readonly version: string
  readonly publish: boolean
  readonly annotations: Parameters
  /** Epoch ms of the last write. */
  readonly updated: number
}

/** An action together with the revision of its document. */
export interface StoredAction {
  readonly action: Action
  readonly revision: string
}
