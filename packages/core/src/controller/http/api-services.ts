import type { ControllerParts } from '../controller.ts'
import type { AnnounceWrite } from '../entities/action-service.ts'
import type { EntityCache, EntityCacheOptions } from '../entities/entity-cache.ts'
import type { InvokeQueries } from '../entities/invoke-query.ts'
import type { Activator } from '../invoke/activator.ts'
import type { InvokerStatuses } from './operational-routes.ts'
import type { Throttle } from './throttle.ts'

/** What the routes of the collections work with. */
export interface ApiServices {
  readonly parts: ControllerParts
  readonly activator: Activator
  readonly cache: EntityCache
  readonly throttle: Throttle
  readonly invokeQueries: InvokeQueries
  readonly announceWrite: AnnounceWrite
  readonly options: HttpFrontOptions
}

export interface HttpFrontOptions {
  /** Source of `GET /invokers…`. Without it those paths do not exist: they answer anybody. */
  readonly invokers?: InvokerStatuses
  /** Share of the invokers that must be up for `/invokers/ready`, 0 to 1. Default 1. */
  readonly readyFraction?: number
  /** Kinds that actions may have, besides those that a namespace's own limits add. Default: every kind. */
  readonly kindWhitelist?: readonly string[]
  /** Whether actions may be sequences: only when the activator can run them. Default false. */
  readonly sequences?: boolean
  /** How long a request may take altogether, ms. Default 65 000, 5 s more than a blocking wait. */
  readonly requestTimeoutMs?: number
  readonly cache?: EntityCacheOptions
  /** Called after each write of an entity with its document id, for other controllers' caches. */
  readonly announceWrite?: AnnounceWrite
}
