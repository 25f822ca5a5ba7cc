import type { Clock } from '@stemcell/core'
import { LRUCache } from 'lru-cache'
import type { RateLimit } from '../apis/rate-limits.ts'

const MAX_BUCKETS = 100_000

interface Bucket {
  /** Requests that may come at once. */
  left: number
  /** Monotonic ms at which `left` was right. */
  atMs: number
}

/** Leaky buckets: a full rate at once, and then as they run out. Each gateway counts for itself. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #buckets = new LRUCache<string, Bucket>({ maxSize: MAX_BUCKETS, sizeCalculation: () => 1 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined when the request may pass, else ms until the next one may. */
  refusal(owner: string, limits: readonly RateLimit[]): number | undefined {
    if (limits.length === 0) return undefined
    const now = this.#clock.monotonic()
    const buckets = limits.map((limit, index) =>
      this.#bucket(`${owner} ${index} ${limit.rate}/${limit.intervalMs}`, limit, now),
    )
    let waitMs = 0
    for (const [index, bucket] of buckets.entries()) {
      const { rate, intervalMs } = limits[index]!
      if (bucket.left < 1) waitMs = Math.max(waitMs, ((1 - bucket.left) * intervalMs) / rate)
    }
    if (waitMs > 0) return waitMs
    for (const bucket of buckets) bucket.left--
    return undefined
  }

  #bucket(key: string, { rate, intervalMs }: RateLimit, now: number): Bucket {
    const full = Math.max(1, rate)
    const bucket = this.#buckets.get(key) ?? { left: full, atMs: now }
    bucket.left = Math.min(full, bucket.left + ((now - bucket.atMs) * rate) / intervalMs)
    bucket.atMs = now
    this.#buckets.set(key, bucket)
    return bucket
  }
}
