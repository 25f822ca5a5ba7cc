import { adapterContext, type Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import type {
  EntryDecision,
  EntryRequest,
  FireRequest,
  RateDecision,
  RateLimiter,
  RateLimiterCapabilities,
  RateLimiterContext,
} from './rate-limiter.ts'

const MINUTE_MS = 60_000

/** Room for the uneven spread of requests over controllers, as OpenWhisk grants it. */
const SPREAD = 1.2

/**
 * Counts in the memory of this process, in fixed minutes of the wall clock. With several controllers each enforces
 * its share of the limit, see {@link shareOf}. Memory is bounded by the namespaces seen in the current minute plus
 * those with something in flight.
 */
export class LocalRateLimiter implements RateLimiter {
  readonly capabilities: RateLimiterCapabilities = { scope: 'process' }
  readonly #context: RateLimiterContext
  readonly #counts = { invocations: new Map<string, number>(), fires: new Map<string, number>() }
  readonly #places = new Map<string, number>()
  #minute = -1
  #open = false

  constructor(context: RateLimiterContext = adapterContext()) {
    this.#context = context
  }

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  enter({ namespaceId, perMinute, concurrent }: EntryRequest): EntryDecision {
    const counted = this.#count('invocations', namespaceId, perMinute)
    if (!counted.allowed) return { ...counted, of: 'minute' }
    const taken = this.#places.get(namespaceId) ?? 0
    const limit = this.#share(concurrent)
    if (taken >= limit) return { allowed: false, count: taken, limit, of: 'places' }
    this.#places.set(namespaceId, taken + 1)
    return { allowed: true, count: taken + 1, limit, of: 'places' }
  }

  countFire({ namespaceId, perMinute }: FireRequest): RateDecision {
    return this.#count('fires', namespaceId, perMinute)
  }

  leave(namespaceId: string): void {
    const taken = this.#places.get(namespaceId)
    if (taken === undefined) return
    if (taken > 1) this.#places.set(namespaceId, taken - 1)
    else this.#places.delete(namespaceId)
  }

  #count(budget: 'invocations' | 'fires', namespaceId: string, perMinute: number): RateDecision {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'local rate limiter is not open')
    const now = this.#context.clock.now()
    const minute = Math.floor(now / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#counts.invocations.clear()
      this.#counts.fires.clear()
    }
    const counts = this.#counts[budget]
    const count = (counts.get(namespaceId) ?? 0) + 1
    counts.set(namespaceId, count)
    const limit = this.#share(perMinute)
    if (count <= limit) return { allowed: true, count, limit }
    return { allowed: false, count, limit, ...(limit > 0 ? { retryAfterMs: (minute + 1) * MINUTE_MS - now } : {}) }
  }

  #share(limit: number): number {
    return shareOf(limit, this.#context.controllers?.() ?? 1)
  }
}

/**
 * What one of `controllers` may grant of a limit: a fifth is added before dividing, and at least one is granted unless
 * the limit is 0.
 */
export function shareOf(limit: number, controllers: number): number {
  if (limit <= 0) return 0
  if (controllers <= 1) return limit
  return Math.max(1, Math.floor(Math.ceil(limit * SPREAD) / controllers))
}

/** OpenWhisk's rate limits: each controller counts for itself. */
export function localRateLimiter(): Adapter<LocalRateLimiter, RateLimiterContext> {
  return { name: '@stemcell/core', core: '^0.1.0', build: (context) => new LocalRateLimiter(context) }
}
