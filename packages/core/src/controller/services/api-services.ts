import type { ApiOptions } from '../parts/api-options.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import type { EntityWriter } from '../entities/entity-writer.ts'
import type { InvokeServices } from '../invoke/invoke-resolved.ts'

/** What the routes of the collections work with. */
export interface ApiServices extends InvokeServices {
  readonly parts: ControllerParts
  readonly writer: EntityWriter
  readonly options: ApiOptions
}
