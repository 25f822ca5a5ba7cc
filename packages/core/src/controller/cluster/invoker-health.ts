import type { InvokerState } from '../../load-balancer/load-balancer.ts'

/** How an activation that an invoker was given ended, as far as it says something about the invoker. */
export type InvokerOutcome = 'success' | 'system-error' | 'timeout'

/** Outcomes that are remembered, and how many bad ones of a kind are borne among them (as OpenWhisk's). */
const REMEMBERED = 10
const TOLERATED = 3

/** An invoker that is not healthy is tried again after this time, ms. */
export const PROBE_EVERY_MS = 60_000

/**
 * The health of one invoker as one controller judges it, by OpenWhisk's rules: pings tell that it lives, the ends of
 * activations whether it works. One that was away must first run a test action.
 */
export class InvokerHealth {
  #state: InvokerState = 'offline'
  #probeDueMs = 0
  readonly #recent: InvokerOutcome[] = []

  get state(): InvokerState {
    return this.#state
  }

  /** A sign of life. */
  ping(enabled: boolean, nowMs: number): void {
    if (!enabled) this.#become('offline', nowMs)
    else if (this.#state === 'offline') this.#become('unhealthy', nowMs)
  }

  /** No sign of life for too long. */
  silence(nowMs: number): void {
    this.#become('offline', nowMs)
  }

  outcome(outcome: InvokerOutcome, nowMs: number): void {
    this.#recent.push(outcome)
    if (this.#recent.length > REMEMBERED) this.#recent.shift()
    if (this.#state === 'offline' || (this.#state === 'healthy' && outcome === 'success')) return
    const judged = this.#judge(outcome)
    if (judged !== undefined) this.#become(judged, nowMs)
    // What brought a success can be expected to bring the next one: an invoker on its way back is not kept waiting.
    if (outcome === 'success') this.#probeDueMs = nowMs
  }

  /** Whether a test action should be sent now; the next is due a minute later. */
  takeProbe(nowMs: number): boolean {
    if (this.#state === 'healthy' || this.#state === 'offline' || nowMs < this.#probeDueMs) return false
    this.#probeDueMs = nowMs + PROBE_EVERY_MS
    return true
  }

  #judge(outcome: InvokerOutcome): InvokerState | undefined {
    if (this.#count('system-error') > TOLERATED) return 'unhealthy'
    if (this.#count('timeout') > TOLERATED) return 'unresponsive'
    if (outcome === 'success') return 'healthy'
    // Too little is known of it to bear anything.
    if (this.#recent.length > TOLERATED) return undefined
    return outcome === 'system-error' ? 'unhealthy' : 'unresponsive'
  }

  #count(outcome: InvokerOutcome): number {
    return this.#recent.filter((recent) => recent === outcome).length
  }

  #become(state: InvokerState, nowMs: number): void {
    if (state === this.#state) return
    this.#state = state
    this.#probeDueMs = nowMs
  }
}
