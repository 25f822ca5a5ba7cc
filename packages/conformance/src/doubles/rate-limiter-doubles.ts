import { rateLimiterSubject, type RateLimiterSubject } from '../rate-limiter/rate-limiter-cases.ts'
import {
  adapterContext,
  LocalRateLimiter,
  PlatformError,
  VirtualClock,
  type EntryDecision,
  type EntryRequest,
  type FireRequest,
  type RateDecision,
  type RateLimiter,
} from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'

interface Parts {
  enter(request: EntryRequest): EntryDecision | Promise<EntryDecision>
  countFire(request: FireRequest): RateDecision
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
      enter: (request) => real.enter(request),
      countFire: (request) => real.countFire(request),
      leave: (namespaceId) => real.leave(namespaceId),
      ...change(real),
    }
    return rateLimiterSubject(limiter, () => clock.advance(60_000))
  }
}

/** Places counted without an upper or a lower bound, as given. */
function places(count: (taken: number, concurrent: number) => { readonly taken: number; readonly allowed: boolean }) {
  const taken = new Map<string, number>()
  return {
    enter: ({ namespaceId, concurrent }: EntryRequest): EntryDecision => {
      const next = count(taken.get(namespaceId) ?? 0, concurrent)
      taken.set(namespaceId, next.taken)
      return { allowed: next.allowed, count: next.taken, limit: concurrent, of: 'places' }
    },
    leave: (namespaceId: string): void => {
      taken.set(namespaceId, (taken.get(namespaceId) ?? 0) - 1)
    },
  }
}

/** Processes that lease `budget` in blocks of ten as long as some of it is not used, and so exceed it. */
function leasingBlocks(budget: 'perMinute' | 'concurrent'): () => RateLimiterSubject {
  return () => {
    let usedByAll = 0
    const process = (): RateLimiter => {
      let own = 0
      let used = 0
      return {
        capabilities: { scope: 'cluster' },
        open: () => Promise.resolve(),
        close: () => Promise.resolve(),
        countFire: () => {
          throw new Error('not asked')
        },
        enter: (request) => {
          const limit = request[budget]
          if (used === own && usedByAll < limit) own += 10
          const allowed = used < own
          if (allowed) {
            used++
            usedByAll++
          }
          return { allowed, count: used, limit, of: allowed || budget === 'concurrent' ? 'places' : 'minute' }
        },
        leave: () => {
          if (budget === 'perMinute' || used === 0) return
          used--
          usedByAll--
        },
      }
    }
    return rateLimiterSubject(process(), undefined, process)
  }
}

const cutOff = new WeakSet<RateLimiterSubject>()

/** Cuts doubles off from a backend that they do not have. */
export const rateLimiterHooks: CaseHooks<RateLimiterSubject> = {
  disrupt: async (subject) => void cutOff.add(subject),
  restore: async (subject) => void cutOff.delete(subject),
}

/** One that has a backend; while it is cut off, entries end as `away` says. */
function backed(away: () => EntryDecision): () => RateLimiterSubject {
  return () => {
    const subject: RateLimiterSubject = broken((real) => ({
      enter: (request) => (cutOff.has(subject) ? away() : real.enter(request)),
      countFire: (request) => (cutOff.has(subject) ? unavailable() : real.countFire(request)),
    }))()
    return subject
  }
}

/** Keeps its promises, also when it is cut off. */
export const backedRateLimiter = backed(unavailable)

function unavailable(): never {
  throw new PlatformError('ERR_UNAVAILABLE', 'the simulated backend does not answer')
}

export const rateLimiterDoubles: BrokenDoubles<RateLimiterSubject> = {
  'rate-limiter.allows-up-to-the-limit': broken((real) => ({
    enter: (request) => real.enter({ ...request, perMinute: request.perMinute + 1 }),
  })),
  'rate-limiter.counts-refused-requests': broken((real) => {
    const counts = new Map<string, number>()
    return {
      enter: (request) => {
        const { namespaceId, perMinute } = request
        const count = counts.get(namespaceId) ?? 0
        if (count >= perMinute) return { allowed: false, count, limit: perMinute, retryAfterMs: 1, of: 'minute' }
        counts.set(namespaceId, count + 1)
        return real.enter({ ...request, perMinute: 1000 })
      },
    }
  }),
  'rate-limiter.tells-when-to-come-back': broken((real) => ({
    enter: (request) => ({ ...real.enter(request), retryAfterMs: 120_000 }),
  })),
  'rate-limiter.keeps-budgets-apart': broken((real) => ({
    countFire: (request) => real.enter({ ...request, concurrent: 1000 }),
  })),
  'rate-limiter.a-request-too-many-takes-no-place': broken((real) => ({
    enter: (request) => {
      const decision = real.enter(request)
      if (decision.of === 'minute') real.enter({ ...request, perMinute: 1000 })
      return decision
    },
  })),
  'rate-limiter.counts-requests-that-find-no-place': broken((real) => ({
    enter: ({ namespaceId, perMinute, concurrent }) => {
      const place = real.enter({ namespaceId: `${namespaceId} places`, perMinute: 1000, concurrent })
      return place.allowed ? real.enter({ namespaceId, perMinute, concurrent }) : place
    },
  })),
  'rate-limiter.keeps-namespaces-apart': broken((real) => ({
    enter: (request) => real.enter({ ...request, namespaceId: 'all' }),
  })),
  'rate-limiter.a-limit-of-0-allows-nothing': broken((real) => ({
    enter: (request) => real.enter({ ...request, concurrent: Math.max(1, request.concurrent) }),
  })),
  'rate-limiter.every-minute-starts-anew': broken(() => {
    const standing = new LocalRateLimiter(adapterContext({ clock: new VirtualClock() }))
    return {
      open: () => standing.open(),
      enter: (request) => standing.enter(request),
    }
  }),
  'rate-limiter.gives-out-places-up-to-the-limit': broken((real) => ({
    enter: (request) => real.enter({ ...request, concurrent: request.concurrent + 1 }),
  })),
  'rate-limiter.a-place-given-back-can-be-taken': broken(() => ({ leave: () => undefined })),
  'rate-limiter.a-refused-entry-takes-no-place': broken(() =>
    places((taken, concurrent) => ({ taken: taken + 1, allowed: taken < concurrent })),
  ),
  'rate-limiter.a-surplus-leave-is-ignored': broken(() =>
    places((taken, concurrent) =>
      taken < concurrent ? { taken: taken + 1, allowed: true } : { taken, allowed: false },
    ),
  ),
  'rate-limiter.concurrent-entries-share-the-places': broken(() => {
    let taken = 0
    return {
      enter: async ({ concurrent: limit }) => {
        const count = taken
        await Promise.resolve()
        if (count >= limit) return { allowed: false, count, limit, of: 'places' }
        taken = count + 1
        return { allowed: true, count: taken, limit, of: 'places' }
      },
    }
  }),
  'rate-limiter.processes-share-the-requests-of-a-minute': leasingBlocks('perMinute'),
  'rate-limiter.processes-share-the-places': leasingBlocks('concurrent'),
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
  // Lets everybody in without its backend: that is for who asks to decide.
  'rate-limiter.says-when-its-backend-is-away': backed(() => ({ allowed: true, count: 1, limit: 5, of: 'places' })),
}
