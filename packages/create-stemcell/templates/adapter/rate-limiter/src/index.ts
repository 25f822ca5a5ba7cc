import {
  LocalRateLimiter,
  type Adapter,
  type EntryDecision,
  type EntryRequest,
  type FireRequest,
  type MaybePromise,
  type RateDecision,
  type RateLimiter,
  type RateLimiterCapabilities,
  type RateLimiterContext,
} from '@stemcell/core'

export interface MyRateLimiterOptions {
  /** Where the counters are. */
  readonly url: string
}

/** `cluster` once the counters are shared by all controllers. */
export const capabilities: RateLimiterCapabilities = { scope: 'process' }

/** Counts in this process, as the built-in limiter does. Replace one method after the other. */
export class MyRateLimiter implements RateLimiter {
  readonly capabilities = capabilities
  readonly #local: LocalRateLimiter

  constructor(_options: MyRateLimiterOptions, context: RateLimiterContext) {
    this.#local = new LocalRateLimiter(context)
  }

  async open(): Promise<void> {
    await this.#local.open()
  }

  async close(): Promise<void> {
    await this.#local.close()
  }

  enter(request: EntryRequest): MaybePromise<EntryDecision> {
    return this.#local.enter(request)
  }

  countFire(request: FireRequest): MaybePromise<RateDecision> {
    return this.#local.countFire(request)
  }

  leave(namespaceId: string): void {
    this.#local.leave(namespaceId)
  }
}

/** For `assemble({ rateLimiter: myRateLimiter({ url }) })`. */
export function myRateLimiter(options: MyRateLimiterOptions): Adapter<RateLimiter, RateLimiterContext> {
  return { name: '__NAME__', core: '^__VERSION__', build: (context) => new MyRateLimiter(options, context) }
}
