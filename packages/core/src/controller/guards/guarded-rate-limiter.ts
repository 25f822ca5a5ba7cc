import type { MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import { firstFault, watchPromise, type OnFault } from '../../plug-in/first-fault.ts'
import type {
  EntryDecision,
  EntryRequest,
  FireRequest,
  RateDecision,
  RateLimiter,
  RateLimiterCapabilities,
} from '../../rate-limiter/rate-limiter.ts'
import { askPlugIn } from './plug-in-failed.ts'

const REFUSAL = 'limits-unchecked'

/** A rate limiter whose answers are decisions, and that never throws where a place is given back. */
export class GuardedRateLimiter implements RateLimiter {
  readonly #limiter: RateLimiter
  readonly #onFault: OnFault

  constructor(limiter: RateLimiter, logger: Logger) {
    this.#limiter = limiter
    this.#onFault = firstFault(logger, 'rate limiter')
  }

  get capabilities(): RateLimiterCapabilities {
    return this.#limiter.capabilities
  }

  open(): Promise<void> {
    return this.#limiter.open()
  }

  close(): Promise<void> {
    return this.#limiter.close()
  }

  enter(request: EntryRequest): MaybePromise<EntryDecision> {
    return askPlugIn(() => this.#limiter.enter(request), sound, REFUSAL, this.#onFault)
  }

  countFire(request: FireRequest): MaybePromise<RateDecision> {
    return askPlugIn(() => this.#limiter.countFire(request), sound, REFUSAL, this.#onFault)
  }

  leave(namespaceId: string): void {
    try {
      watchPromise(this.#limiter.leave(namespaceId), this.#onFault)
    } catch (err) {
      this.#onFault(err)
    }
  }
}

function sound<D extends RateDecision>(decision: D): D {
  const { allowed, count, limit }: Partial<RateDecision> = decision
  if (typeof allowed === 'boolean' && isCount(count) && isCount(limit)) return decision
  throw new TypeError('the answer is no decision with allowed, count and limit')
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value)
}
