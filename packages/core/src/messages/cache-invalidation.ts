import type { SubjectChange } from '../auth/auth.ts'
import type { JsonObject } from '../model/json.ts'
import { ReferenceBody, referenced } from '../queue/message-body.ts'
import type { MessageBody } from '../queue/queue.ts'
import { object, parseMessage, text } from './message-fields.ts'

/** Topic on which a controller says what it has written; each controller reads all of it. */
export const CACHE_INVALIDATION_TOPIC = 'cacheInvalidation'
export const CACHE_INVALIDATION_RETENTION_MS = 300_000

/** To all controllers: whoever caches this document must read it again. */
export interface CacheInvalidation {
  /** Of an entity; or of a subject or the limits of a namespace, see `identity`. Empty for anything. */
  readonly documentId: string
  /** `controller<id>` of the sender, who has forgotten it already; or `admin`. */
  readonly sender: string
  /**
   * It is no entity that was written, but this. Not of OpenWhisk, which tells nobody; its controllers look for an
   * entity of that id, and find none.
   */
  readonly identity?: SubjectChange
}

/** Says what was changed in the subject store. */
export function subjectInvalidation(sender: string, identity: SubjectChange): CacheInvalidation {
  const { subject, namespace } = identity
  const documentId = subject ?? (namespace === undefined ? '' : `${namespace}/limits`)
  return { documentId, sender, identity }
}

const TYPE = Symbol('CacheInvalidation')

export function cacheInvalidationBody(invalidation: CacheInvalidation): MessageBody {
  return new ReferenceBody(TYPE, invalidation, ({ documentId, sender, identity }) =>
    JSON.stringify({ key: { mainId: documentId }, instanceId: sender, ...(identity && { identity }) }),
  )
}

/** @throws ERR_CORRUPT the body is not a cache invalidation. */
export function readCacheInvalidation(body: MessageBody): CacheInvalidation {
  const invalidation = referenced<CacheInvalidation>(body, TYPE)
  if (invalidation) return invalidation
  const json = parseMessage(body, 'cache invalidation')
  return {
    documentId: text(object(json, 'key'), 'mainId'),
    sender: text(json, 'instanceId'),
    ...('identity' in json && { identity: readChange(object(json, 'identity')) }),
  }
}

function readChange(json: JsonObject): SubjectChange {
  return {
    ...('subject' in json && { subject: text(json, 'subject') }),
    ...('namespace' in json && { namespace: text(json, 'namespace') }),
  }
}
