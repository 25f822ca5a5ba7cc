import {
  CACHE_INVALIDATION_RETENTION_MS,
  CACHE_INVALIDATION_TOPIC,
  cacheInvalidationBody,
  subjectInvalidation,
} from './cache-invalidation.ts'
import type { Queue } from '../queue/queue.ts'
import type { SubjectChange } from '../auth/auth.ts'

/** What tools are called that are no controller. */
const SENDER = 'admin'

/**
 * Tells all controllers of a cluster what somebody else than they changed in the subject store, after it was stored.
 * Resolves when the queue has it.
 * @throws ERR_UNAVAILABLE outcome unknown: it does no harm to tell again.
 */
export async function announceSubjectChanges(queue: Queue, changes: readonly SubjectChange[]): Promise<void> {
  await queue.ensureTopic(CACHE_INVALIDATION_TOPIC, { retentionMs: CACHE_INVALIDATION_RETENTION_MS })
  for (const change of changes) {
    await queue.publish(CACHE_INVALIDATION_TOPIC, cacheInvalidationBody(subjectInvalidation(SENDER, change)))
  }
}
