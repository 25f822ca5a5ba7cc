import {
  isPlatformError,
  PlatformError,
  type Clock,
  type EntryDecision,
  type EntryRequest,
  type FireRequest,
  type RateDecision,
  type RateLimiter,
  type RateLimiterCapabilities,
} from '@stemcell/core'
import type { Host } from '../world/host.ts'
import type { Network } from '../world/network.ts'

const MINUTE_MS = 60_000
/** How long places of a controller that is dead stay taken, ms. */
const PLACE_LEASE_MS = 30_000
const RETRY_MS = 1_000

/** What all controllers ask: the minutes and places of each namespace. */
export class LimitServer {
  readonly #clock: Clock
  readonly #invocations = new Map<string, { minute: number; count: number }>()
  readonly #fires = new Map<string, { minute: number; count: number }>()
  readonly #places = new Map<string, Map<Host, number>>()
  readonly #asked: (host: Host, request: EntryRequest) => void
  /** A place was given back that nobody had. */
  surplus = 0

  /** `asked` is told of each request, when it is sent. */
  constructor(clock: Clock, asked: (host: Host, request: EntryRequest) => void = () => undefined) {
    this.#asked = asked
    this.#clock = clock
  }

  /** A controller is about to ask. */
  asks(host: Host, request: EntryRequest): void {
    this.#asked(host, request)
  }

  enter(host: Host, { namespaceId, perMinute, concurrent }: EntryRequest): EntryDecision {
    const counted = this.#count(this.#invocations, namespaceId, perMinute)
    if (!counted.allowed) return { ...counted, of: 'minute' }
    const taken = this.taken(namespaceId)
    if (taken >= concurrent) return { allowed: false, count: taken, limit: concurrent, of: 'places' }
    const places = this.#placesOf(namespaceId)
    places.set(host, (places.get(host) ?? 0) + 1)
    return { allowed: true, count: taken + 1, limit: concurrent, of: 'places' }
  }

  countFire({ namespaceId, perMinute }: FireRequest): RateDecision {
    return this.#count(this.#fires, namespaceId, perMinute)
  }

  leave(host: Host, namespaceId: string): void {
    const places = this.#placesOf(namespaceId)
    const taken = places.get(host) ?? 0
    if (taken > 0) places.set(host, taken - 1)
    else this.surplus++
  }

  /** Its places are free a while after. */
  died(host: Host): void {
    this.#clock.setTimer(PLACE_LEASE_MS, () => {
      for (const places of this.#places.values()) places.delete(host)
    })
  }

  taken(namespaceId: string): number {
    return [...this.#placesOf(namespaceId).values()].reduce((sum, count) => sum + count, 0)
  }

  /** Places that a controller has, of all namespaces. */
  takenBy(host: Host): number {
    return [...this.#places.values()].reduce((sum, places) => sum + (places.get(host) ?? 0), 0)
  }

  #placesOf(namespaceId: string): Map<Host, number> {
    let places = this.#places.get(namespaceId)
    if (!places) this.#places.set(namespaceId, (places = new Map()))
    return places
  }

  #count(counts: Map<string, { minute: number; count: number }>, id: string, limit: number): RateDecision {
    const minute = Math.floor(this.#clock.now() / MINUTE_MS)
    const known = counts.get(id)
    const count = known?.minute === minute ? known.count + 1 : 1
    counts.set(id, { minute, count })
    if (count <= limit) return { allowed: true, count, limit }
    return { allowed: false, count, limit, retryAfterMs: (minute + 1) * MINUTE_MS - this.#clock.now() }
  }
}

/** A controller's way to the server of limits. */
export class RemoteLimiter implements RateLimiter {
  readonly capabilities: RateLimiterCapabilities = { scope: 'cluster' }
  /** Places given back whose message is still on its way. */
  leaving = 0
  readonly #host: Host
  readonly #network: Network
  readonly #server: LimitServer
  #isOpen = false

  constructor(host: Host, network: Network, server: LimitServer) {
    this.#host = host
    this.#network = network
    this.#server = server
  }

  async open(): Promise<void> {
    this.#isOpen = true
    await this.#network.call(this.#host, 'limits', () => undefined)
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  async enter(request: EntryRequest): Promise<EntryDecision> {
    this.#requireOpen()
    this.#server.asks(this.#host, request)
    let decision: EntryDecision | undefined
    try {
      return await this.#network.call(this.#host, 'limits', () => (decision = this.#server.enter(this.#host, request)))
    } catch (error) {
      // The answer was lost: nobody will use the place.
      if (decision?.allowed) this.leave(request.namespaceId)
      throw error
    }
  }

  async countFire(request: FireRequest): Promise<RateDecision> {
    this.#requireOpen()
    return this.#network.call(this.#host, 'limits', () => this.#server.countFire(request))
  }

  leave(namespaceId: string): void {
    this.leaving++
    void this.#leave(namespaceId)
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new PlatformError('ERR_CLOSED', 'simulated limiter is not open')
  }

  async #leave(namespaceId: string): Promise<void> {
    let told = false
    for (;;) {
      try {
        await this.#network.call(this.#host, 'limits', () => {
          if (!told) this.#server.leave(this.#host, namespaceId)
          told = true
        })
        this.leaving--
        return
      } catch (error) {
        if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
        await this.#host.sleep(RETRY_MS)
      }
    }
  }
}
