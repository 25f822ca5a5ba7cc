import type { ApiOptions } from '../parts/api-options.ts'
import type { ControllerParts } from '../controller.ts'
import type { EntityCache, EntityCacheOptions } from '../entities/entity-cache.ts'
import type { AnnounceWrite, EntityWriter } from '../entities/entity-writer.ts'
import type { InvokeQueries } from '../actions/invoke-query.ts'
import type { Activator } from '../invoke/activator.ts'
import type { OperationalState } from '../operations/operational-routes.ts'
import type { Throttle } from '../admission/throttle.ts'

/** What the routes of the collections work with. */
export interface ApiServices {
  readonly parts: ControllerParts
  readonly activator: Activator
  readonly cache: EntityCache
  readonly throttle: Throttle
  readonly invokeQueries: InvokeQueries
  readonly writer: EntityWriter
  readonly options: HttpFrontOptions
}

export interface HttpFrontOptions extends ApiOptions {
  /** Source of `GET /invokers…` and `/activation…`. Without it those paths do not exist: they answer anybody. */
  readonly operations?: OperationalState
  /** Takes the controller out of service: behind `POST /disable`, which does not exist without it. */
  readonly disable?: () => void
  /** How long a request may take altogether, ms. Default 65 000, 5 s more than a blocking wait. */
  readonly requestTimeoutMs?: number
  readonly cache?: EntityCacheOptions
  /** Called after each write of an entity with its document id, for other controllers' caches. */
  readonly announceWrite?: AnnounceWrite
}
