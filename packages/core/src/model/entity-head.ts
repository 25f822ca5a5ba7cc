import type { EntityId } from './entity-name.ts'
import type { Parameters } from './parameters.ts'

/** What entities of all collections have. */
export interface EntityHead extends EntityId {
  readonly version: string
  readonly publish: boolean
  readonly annotations: Parameters
  /** Epoch ms of the last write. */
  readonly updated: number
}
