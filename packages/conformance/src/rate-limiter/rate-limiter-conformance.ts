import type { RateLimiter, RateLimiterCapabilities } from '@stemcell/core'
import { rateLimiterCases, rateLimiterSubject } from './rate-limiter-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions, type UsedNames } from '../kit/case-suite.ts'

export interface RateLimiterConformanceOptions extends Omit<ConformanceOptions<RateLimiter>, 'destroy'> {
  readonly capabilities: RateLimiterCapabilities
  readonly destroy?: (limiter: RateLimiter, used: UsedNames) => Promise<void>
  /** Moves the limiter's time into the next minute; without it the case that needs this is skipped. */
  readonly nextMinute?: (limiter: RateLimiter) => Promise<void>
  /** A limiter that shares its limits with the given one, as in another process; without it two cases are skipped. */
  readonly another?: (limiter: RateLimiter) => RateLimiter
  /** See `CaseHooks`. */
  readonly disrupt?: (limiter: RateLimiter) => Promise<void>
  readonly restore?: (limiter: RateLimiter) => Promise<void>
}

/** Tests an implementation of RateLimiter. Namespaces are never used twice. */
export function rateLimiterConformance(name: string, options: RateLimiterConformanceOptions): ConformanceSuite {
  const { create, destroy, nextMinute, another, disrupt, restore, ...rest } = options
  return caseSuite('RateLimiter', name, rateLimiterCases, {
    ...rest,
    create: async () => rateLimiterSubject(await create(), nextMinute, another),
    ...(disrupt && { disrupt: ({ limiter }) => disrupt(limiter) }),
    ...(restore && { restore: ({ limiter }) => restore(limiter) }),
    ...(destroy ? { destroy: ({ limiter }, used) => destroy(limiter, used) } : {}),
  })
}
