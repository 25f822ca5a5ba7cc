import {
  proveKitBites,
  rateLimiterCases,
  rateLimiterSubject,
  type RateLimiterSubject,
} from '../../src/conformance/index.ts'
import { adapterContext } from '../../src/assembly/adapter.ts'
import { LocalRateLimiter } from '../../src/rate-limiter/local-rate-limiter.ts'
import type { ConcurrencyRequest, RateDecision, RateLimiter, RateRequest } from '../../src/rate-limiter/rate-limiter.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

interface Parts {
  countRequest(request: RateRequest): RateDecision
  enter(request: ConcurrencyRequest): RateDecision | Promise<RateDecision>
  leave(namespaceId: string): void
  open(): Promise<void>
}

/** A local rate limiter with one part replaced. */
function broken(change: (real: LocalRateLimiter) => Partial<Parts>): () => RateLimiterSubject {
  return () => {
    const clock = new VirtualClock()
    const real = new LocalRateLimiter(adapterContext({ clock }))
    const limiter: RateLimiter = {
      capabilities: real.capabilities,
      open: () => real.open(),
      close: () => real.close(),
      countRequest: (request) => real.countRequest(request),
      enter: (request) => real.enter(request),
      leave: (namespaceId) => real.leave(namespaceId),
      ...change(real),
    }
    return rateLimiterSubject(limiter, () => clock.advance(60_000))
  }
}

proveKitBites('RateLimiter', rateLimiterCases, {
  'rate-limiter.allows-up-to-the-limit': broken((real) => ({
    countRequest: (request) => real.countRequest({ ...request, limit: request.limit + 1 }),
  })),
  'rate-limiter.counts-refused-requests': broken((real) => {
    const counts = new Map<string, number>()
    return {
      countRequest: ({ namespaceId, limit }) => {
        real.countRequest({ namespaceId, limit, budget: 'fires' })
        const count = counts.get(namespaceId) ?? 0
        if (count >= limit) return { allowed: false, count, limit, retryAfterMs: 1 }
        counts.set(namespaceId, count + 1)
        return { allowed: true, count: count + 1, limit }
      },
    }
  }),
  'rate-limiter.tells-when-to-come-back': broken((real) => ({
    countRequest: (request) => ({ ...real.countRequest(request), retryAfterMs: 120_000 }),
  })),
  'rate-limiter.keeps-budgets-apart': broken((real) => ({
    countRequest: (request) => real.countRequest({ ...request, budget: 'invocations' }),
  })),
  'rate-limiter.keeps-namespaces-apart': broken((real) => ({
    enter: ({ limit }) => real.enter({ namespaceId: 'all', limit }),
  })),
  'rate-limiter.a-limit-of-0-allows-nothing': broken((real) => ({
    enter: (request) => real.enter({ ...request, limit: Math.max(1, request.limit) }),
  })),
  'rate-limiter.every-minute-starts-anew': broken(() => {
    const standing = new LocalRateLimiter(adapterContext({ clock: new VirtualClock() }))
    return {
      open: () => standing.open(),
      countRequest: (request) => standing.countRequest(request),
    }
  }),
  'rate-limiter.gives-out-places-up-to-the-limit': broken((real) => ({
    enter: (request) => real.enter({ ...request, limit: request.limit + 1 }),
  })),
  'rate-limiter.a-place-given-back-can-be-taken': broken(() => ({ leave: () => undefined })),
  'rate-limiter.a-refused-entry-takes-no-place': broken(() => {
    const places = new Map<string, number>()
    return {
      enter: ({ namespaceId, limit }) => {
        const count = (places.get(namespaceId) ?? 0) + 1
        places.set(namespaceId, count)
        return { allowed: count <= limit, count, limit }
      },
      leave: (namespaceId) => {
        places.set(namespaceId, (places.get(namespaceId) ?? 0) - 1)
      },
    }
  }),
  'rate-limiter.a-surplus-leave-is-ignored': broken(() => {
    const places = new Map<string, number>()
    return {
      enter: ({ namespaceId, limit }) => {
        const count = places.get(namespaceId) ?? 0
        if (count >= limit) return { allowed: false, count, limit }
        places.set(namespaceId, count + 1)
        return { allowed: true, count: count + 1, limit }
      },
      leave: (namespaceId) => {
        places.set(namespaceId, (places.get(namespaceId) ?? 0) - 1)
      },
    }
  }),
  'rate-limiter.concurrent-entries-share-the-places': broken(() => {
    let taken = 0
    return {
      enter: async ({ limit }) => {
        const count = taken
        await Promise.resolve()
        if (count >= limit) return { allowed: false, count, limit }
        taken = count + 1
        return { allowed: true, count: taken, limit }
      },
    }
  }),
  'rate-limiter.refuses-when-closed': broken((real) => ({
    enter: (request) => {
      void real.open()
      return real.enter(request)
    },
  })),
  'rate-limiter.opens-again': broken((real) => {
    let opened: Promise<void> | undefined
    return { open: () => (opened ??= real.open()) }
  }),
})
