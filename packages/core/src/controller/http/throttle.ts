import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { EmitEvent } from '../../messages/event-message.ts'
import type { Identity } from '../../model/identity.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { EntryDecision, RateDecision, RateLimiter } from '../../rate-limiter/rate-limiter.ts'
import { HttpError } from './http-error.ts'
import { tooManyAtOnce, tooManyPerMinute } from './texts.ts'

/** Said to clients when the limiter does not know, seconds. */
const RETRY_SAME_MINUTE_S = 60
const RETRY_IN_FLIGHT_S = 1

const nothingHeld = (): void => undefined

/**
 * Lets an invocation or a firing in, or refuses it with 429. A limiter that does not answer stops nobody: its outage costs the
 * limits, not the platform.
 */
export class Throttle {
  readonly #limiter: RateLimiter
  readonly #limits: PlatformLimits
  readonly #logger: Logger
  readonly #emit: EmitEvent | undefined

  constructor(limiter: RateLimiter, limits: PlatformLimits, logger: Logger, emit?: EmitEvent) {
    this.#limiter = limiter
    this.#limits = limits
    this.#logger = logger
    this.#emit = emit
  }

  /**
   * Counts the request and takes a concurrent place. The function returned gives the place back, once.
   * @throws HttpError 429
   */
  admitInvocation(user: Identity): MaybePromise<() => void> {
    const { limits } = user
    const namespaceId = user.namespace.uuid
    const perMinute = limits.invocationsPerMinute ?? this.#limits.invocationsPerMinute
    const concurrent = limits.concurrentInvocations ?? this.#limits.concurrentInvocations
    const decision = this.#ask(() => this.#limiter.enter({ namespaceId, perMinute, concurrent }))
    return isPromise(decision) ? decision.then((made) => this.#entered(user, made)) : this.#entered(user, decision)
  }

  /** Counts one firing of a trigger. @throws HttpError 429 */
  admitFire(user: Identity): MaybePromise<void> {
    const namespaceId = user.namespace.uuid
    const perMinute = user.limits.firesPerMinute ?? this.#limits.firesPerMinute
    const check = (decision: RateDecision | undefined): void => {
      if (decision && !decision.allowed) throw this.#tooMany(user, decision)
    }
    const decision = this.#ask(() => this.#limiter.countFire({ namespaceId, perMinute }))
    return isPromise(decision) ? decision.then(check) : check(decision)
  }

  #entered(user: Identity, decision: EntryDecision | undefined): () => void {
    if (!decision) return nothingHeld
    const { allowed, count, limit, of } = decision
    if (of === 'minute') throw this.#tooMany(user, decision)
    if (!allowed) {
      this.#emit?.(user, { metricName: 'ConcurrentRateLimit', metricValue: 1 })
      throw refusal(tooManyAtOnce(count, limit), decision, RETRY_IN_FLIGHT_S)
    }
    this.#emit?.(user, { metricName: 'ConcurrentInvocations', metricValue: count })
    return this.#release(user.namespace.uuid)
  }

  #tooMany(user: Identity, decision: RateDecision): HttpError {
    this.#emit?.(user, { metricName: 'TimedRateLimit', metricValue: 1 })
    return refusal(tooManyPerMinute(decision.count, decision.limit), decision, RETRY_SAME_MINUTE_S)
  }

  #release(namespaceId: string): () => void {
    let held = true
    return () => {
      if (held) this.#limiter.leave(namespaceId)
      held = false
    }
  }

  /** The decision; undefined when the limiter cannot be asked. */
  #ask<T extends RateDecision>(question: () => MaybePromise<T>): MaybePromise<T | undefined> {
    try {
      const decision = question()
      return isPromise(decision) ? decision.catch((error: unknown) => this.#unanswered(error)) : decision
    } catch (error) {
      return this.#unanswered(error)
    }
  }

  #unanswered(error: unknown): undefined {
    if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
    this.#logger.warn({ err: error }, 'rate limiter does not answer, request passes unlimited')
  }
}

function refusal(message: string, { retryAfterMs }: RateDecision, otherwiseS: number): HttpError {
  const seconds = retryAfterMs === undefined ? otherwiseS : Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new HttpError(429, message, { headers: ['Retry-After', String(seconds)] })
}
