import { ReferenceBody, referenced } from '../queue/message-body.ts'
import type { MessageBody } from '../queue/queue.ts'
import { object, parseMessage, text } from './message-fields.ts'

/** Topic on which a controller says what it has written; each controller reads all of it. */
export const CACHE_INVALIDATION_TOPIC = 'cacheInvalidation'

/** Controller to all controllers: whoever caches this document must read it again. */
export interface CacheInvalidation {
  readonly documentId: string
  /** `controller<id>` of the sender, who has forgotten it already. */
  readonly sender: string
}

const TYPE = Symbol('CacheInvalidation')

export function cacheInvalidationBody(invalidation: CacheInvalidation): MessageBody {
  return new ReferenceBody(TYPE, invalidation, ({ documentId, sender }) =>
    JSON.stringify({ key: { mainId: documentId }, instanceId: sender }),
  )
}

/** @throws ERR_CORRUPT the body is not a cache invalidation. */
export function readCacheInvalidation(body: MessageBody): CacheInvalidation {
  const invalidation = referenced<CacheInvalidation>(body, TYPE)
  if (invalidation) return invalidation
  const json = parseMessage(body, 'cache invalidation')
  return { documentId: text(object(json, 'key'), 'mainId'), sender: text(json, 'instanceId') }
}
