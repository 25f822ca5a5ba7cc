import type { RateLimiter, RateLimiterCapabilities } from '../rate-limiter/rate-limiter.ts'
import { rateLimiterCases, rateLimiterSubject } from './rate-limiter-cases.ts'
import { runConformance, type ConformanceOptions } from './run-conformance.ts'

export interface RateLimiterConformanceOptions extends Omit<ConformanceOptions<RateLimiter>, 'destroy'> {
  readonly capabilities: RateLimiterCapabilities
  readonly destroy?: (limiter: RateLimiter) => Promise<void>
  /** Moves the limiter's time into the next minute; without it the case that needs this is skipped. */
  readonly nextMinute?: (limiter: RateLimiter) => Promise<void>
}

/** Tests an implementation of RateLimiter with vitest. Namespaces are never used twice. */
export function runRateLimiterConformance(name: string, options: RateLimiterConformanceOptions): void {
  const { create, destroy, nextMinute, ...rest } = options
  runConformance('RateLimiter', name, rateLimiterCases, {
    ...rest,
    create: async () => rateLimiterSubject(await create(), nextMinute),
    ...(destroy ? { destroy: ({ limiter }) => destroy(limiter) } : {}),
  })
}
