import type { ApiOptions } from '../parts/api-options.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import type { EntityWriter } from '../entities/entity-writer.ts'
import type { Activator } from '../invoke/activator.ts'
import type { Throttle } from '../admission/throttle.ts'

/** What the routes of the collections work with. */
export interface ApiServices {
  readonly parts: ControllerParts
  readonly activator: Activator
  readonly cache: EntityCache
  readonly throttle: Throttle
  readonly writer: EntityWriter
  readonly options: ApiOptions
}
