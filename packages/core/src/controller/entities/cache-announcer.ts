import type { SubjectChange } from '../../auth/auth.ts'
import type { Logger } from '../../log.ts'
import {
  CACHE_INVALIDATION_RETENTION_MS,
  CACHE_INVALIDATION_TOPIC,
  cacheInvalidationBody,
  readCacheInvalidation,
  subjectInvalidation,
  type CacheInvalidation,
} from '../../messages/cache-invalidation.ts'
import type { Delivery, Queue, Subscription } from '../../queue/queue.ts'
import type { Clock } from '../../time/clock.ts'
import { retryUntilDone } from '../../retry-until-done.ts'

export interface CacheAnnouncerParts {
  readonly controllerId: string
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  /** Called with the id of each document that another controller wrote. */
  readonly forget: (documentId: string) => void
  /** Called with each change of a subject that was made elsewhere. */
  readonly forgetSubject: (changed: SubjectChange) => void
}

/**
 * Tells the other controllers what this one wrote, and hears what they wrote. What is lost on the way, with a queue
 * that loses it, is seen when the cached entity has grown too old.
 */
export class CacheAnnouncer {
  readonly #parts: CacheAnnouncerParts
  readonly #sender: string
  readonly #sending = new Set<Promise<void>>()
  #giveUp = new AbortController()
  #subscription: Subscription | undefined

  constructor(parts: CacheAnnouncerParts) {
    this.#parts = parts
    this.#sender = `controller${parts.controllerId}`
  }

  async open(): Promise<void> {
    const { queue } = this.#parts
    this.#giveUp = new AbortController()
    await queue.ensureTopic(CACHE_INVALIDATION_TOPIC, { retentionMs: CACHE_INVALIDATION_RETENTION_MS })
    const options = { group: `${CACHE_INVALIDATION_TOPIC}${this.#sender}`, concurrency: 1, repeatable: true }
    this.#subscription = await queue.subscribe(CACHE_INVALIDATION_TOPIC, options, (delivery) => this.#heard(delivery))
  }

  async close(): Promise<void> {
    this.#giveUp.abort()
    await Promise.all(this.#sending)
    await this.#subscription?.close()
    this.#subscription = undefined
  }

  /** Returns at once; sent as soon as the queue takes it. */
  announce(documentId: string): void {
    this.#tell({ documentId, sender: this.#sender })
  }

  /** The same of a change in the subject store. */
  announceSubject(changed: SubjectChange): void {
    this.#tell(subjectInvalidation(this.#sender, changed))
  }

  #tell(invalidation: CacheInvalidation): void {
    const sending = this.#send(invalidation).finally(() => this.#sending.delete(sending))
    this.#sending.add(sending)
  }

  async #send(invalidation: CacheInvalidation): Promise<void> {
    const { queue, clock, logger } = this.#parts
    const { documentId } = invalidation
    const body = cacheInvalidationBody(invalidation)
    try {
      await retryUntilDone(clock, this.#giveUp.signal, () => queue.publish(CACHE_INVALIDATION_TOPIC, body), {
        onFailure: (err, attempts) => logger.warn({ err, documentId, attempts }, 'change not announced yet'),
      })
    } catch (err) {
      logger.error(
        { err, documentId },
        'change not announced: other controllers see it when their cached copies expire',
      )
    }
  }

  #heard({ body }: Delivery): void {
    const { forget, forgetSubject, logger } = this.#parts
    try {
      const { documentId, sender, identity } = readCacheInvalidation(body)
      if (sender === this.#sender) return
      if (identity) forgetSubject(identity)
      else forget(documentId)
    } catch (err) {
      logger.warn({ err }, 'unreadable cache invalidation dropped')
    }
  }
}
