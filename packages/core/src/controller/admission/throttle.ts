import { isPlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import type { EntryDecision, RateDecision } from '../../rate-limiter/rate-limiter.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { Refusal } from '../refusals/refusal.ts'

/** Said to clients when the limiter does not know, seconds. */
const RETRY_SAME_MINUTE_S = 60
const RETRY_IN_FLIGHT_S = 1

export type ThrottleParts = Pick<ControllerParts, 'rateLimiter' | 'limits' | 'logger' | 'clock' | 'observer' | 'emit'>

const nothingHeld = (): void => undefined

/**
 * Lets an invocation or a firing in, or refuses it. A limiter that does not answer stops nobody: its outage costs the
 * limits, not the platform.
 */
export class Throttle {
  readonly #parts: ThrottleParts

  constructor(parts: ThrottleParts) {
    this.#parts = parts
  }

  /**
   * Counts the request and takes a concurrent place. The function returned gives the place back, once.
   * @throws Refusal too-many-per-minute, too-many-at-once
   */
  admitInvocation(user: Identity): MaybePromise<() => void> {
    const { limits, rateLimiter, clock } = this.#parts
    const namespaceId = user.namespace.uuid
    const perMinute = user.limits.invocationsPerMinute ?? limits.invocationsPerMinute
    const concurrent = user.limits.concurrentInvocations ?? limits.concurrentInvocations
    const beganMs = clock.monotonic()
    const decision = this.#ask(() => rateLimiter.enter({ namespaceId, perMinute, concurrent }))
    return isPromise(decision)
      ? decision.then((made) => this.#entered(user, beganMs, made))
      : this.#entered(user, beganMs, decision)
  }

  /** Counts one firing of a trigger. @throws Refusal too-many-per-minute */
  admitFire(user: Identity): MaybePromise<void> {
    const namespaceId = user.namespace.uuid
    const perMinute = user.limits.firesPerMinute ?? this.#parts.limits.firesPerMinute
    const check = (decision: RateDecision | undefined): void => {
      if (decision && !decision.allowed) throw this.#tooMany(user, decision)
    }
    const decision = this.#ask(() => this.#parts.rateLimiter.countFire({ namespaceId, perMinute }))
    return isPromise(decision) ? decision.then(check) : check(decision)
  }

  #entered(user: Identity, beganMs: number, decision: EntryDecision | undefined): () => void {
    const { clock, observer, emit } = this.#parts
    if (decision?.of === 'minute') throw this.#tooMany(user, decision)
    if (decision?.allowed === false) {
      emit?.(user, { metricName: 'ConcurrentRateLimit', metricValue: 1 })
      throw overrun('too-many-at-once', decision, RETRY_IN_FLIGHT_S)
    }
    observer?.admitted?.({ ms: clock.monotonic() - beganMs })
    if (!decision) return nothingHeld
    emit?.(user, { metricName: 'ConcurrentInvocations', metricValue: decision.count })
    return this.#release(user.namespace.uuid)
  }

  #tooMany(user: Identity, decision: RateDecision): Refusal {
    this.#parts.emit?.(user, { metricName: 'TimedRateLimit', metricValue: 1 })
    return overrun('too-many-per-minute', decision, RETRY_SAME_MINUTE_S)
  }

  #release(namespaceId: string): () => void {
    let held = true
    return () => {
      if (held) this.#parts.rateLimiter.leave(namespaceId)
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
    this.#parts.logger.warn({ err: error }, 'rate limiter does not answer, request passes unlimited')
  }
}

function overrun(
  code: 'too-many-per-minute' | 'too-many-at-once',
  { count, limit, retryAfterMs }: RateDecision,
  otherwiseS: number,
): Refusal {
  const retryAfterS = retryAfterMs === undefined ? otherwiseS : Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new Refusal(code, { count, allowed: limit, retryAfterS })
}
