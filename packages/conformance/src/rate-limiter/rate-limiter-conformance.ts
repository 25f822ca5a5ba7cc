import type { RateLimiter, RateLimiterCapabilities } from '@stemcell/core'
import { rateLimiterCases, rateLimiterSubject } from './rate-limiter-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions, type UsedNames } from '../kit/case-suite.ts'

export interface RateLimiterConformanceOptions extends Omit<ConformanceOptions<RateLimiter>, 'destroy'> {
  readonly capabilities: RateLimiterCapabilities
  readonly destroy?: (limiter: RateLimiter, used: UsedNames) => Promise<void>
  /** Moves the limiter's time into the next minute; without it the case that needs this is skipped. */
  readonly nextMinute?: (limiter: RateLimiter) => Promise<void>
}

/** Tests an implementation of RateLimiter. Namespaces are never used twice. */
export function rateLimiterConformance(name: string, options: RateLimiterConformanceOptions): ConformanceSuite {
  const { create, destroy, nextMinute, ...rest } = options
  return caseSuite('RateLimiter', name, rateLimiterCases, {
    ...rest,
    create: async () => rateLimiterSubject(await create(), nextMinute),
    ...(destroy ? { destroy: ({ limiter }, used) => destroy(limiter, used) } : {}),
  })
}
