import type { ClusterView, InvokerState, InvokerView, PlacementRequest } from '../../load-balancer/load-balancer.ts'
import type { Ping } from '../../messages/ping.ts'
import { MB } from '../../model/byte-size.ts'
import type { Random } from '../../time/random.ts'
import { InvokerSlots } from './invoker-slots.ts'

/** An invoker that was silent for this long counts as offline, ms. */
export const SILENCE_LIMIT_MS = 10_000

/** What this controller knows of the invokers, and the slots it has taken on each. */
export class ClusterState implements ClusterView {
  version = 0
  controllers = 1
  readonly #random: Random
  readonly #invokers: KnownInvoker[] = []

  constructor(random: Random) {
    this.#random = random
  }

  get invokers(): readonly InvokerView[] {
    return this.#invokers
  }

  fits(invoker: number, request: PlacementRequest): boolean {
    return this.#invokers[invoker]?.slots.fits(request) ?? false
  }

  random(bound: number): number {
    return this.#random.below(bound)
  }

  take(invoker: number, request: PlacementRequest): void {
    const known = this.#invokers[invoker]!
    known.slots.take(request)
    known.inFlight++
  }

  release(invoker: number, request: PlacementRequest): void {
    const known = this.#invokers[invoker]
    if (!known) return
    known.slots.release(request)
    known.inFlight--
  }

  /** Notes a sign of life; true when an invoker became usable by it. */
  ping({ instance, enabled }: Ping, nowMs: number): boolean {
    while (this.#invokers.length <= instance.id) this.#invokers.push(new KnownInvoker(this.#invokers.length))
    const known = this.#invokers[instance.id]!
    const memoryMb = Math.floor(instance.userMemoryBytes / MB)
    if (memoryMb !== known.memoryMb) {
      known.slots.grow(memoryMb - known.memoryMb)
      known.memoryMb = memoryMb
      this.version++
    }
    known.tags = instance.tags
    known.dedicatedNamespaces = instance.dedicatedNamespaces
    known.displayName = [instance.uniqueName, instance.displayedName].filter(Boolean).join('/')
    known.lastSeenMs = nowMs
    return this.#become(known, enabled ? 'healthy' : 'offline') && enabled
  }

  /** Marks silent invokers offline. Call it about once per second. */
  watch(nowMs: number): void {
    for (const known of this.#invokers) {
      if (known.state !== 'offline' && nowMs - known.lastSeenMs > SILENCE_LIMIT_MS) this.#become(known, 'offline')
    }
  }

  /** Names as the operational API shows them, `invoker<N>[/<unique name>[/<displayed name>]]`, with their states. */
  states(): readonly (readonly [name: string, state: InvokerState])[] {
    return this.#invokers.map(({ id, displayName, state }) => [
      `invoker${id}${displayName ? `/${displayName}` : ''}`,
      state,
    ])
  }

  countStates(): Record<InvokerState, number> {
    const counts = { healthy: 0, unhealthy: 0, unresponsive: 0, offline: 0 }
    for (const { state } of this.#invokers) counts[state]++
    return counts
  }

  #become(known: KnownInvoker, state: InvokerState): boolean {
    if (known.state === state) return false
    known.state = state
    this.version++
    return true
  }
}

class KnownInvoker implements InvokerView {
  readonly id: number
  state: InvokerState = 'offline'
  memoryMb = 0
  inFlight = 0
  tags: readonly string[] = []
  dedicatedNamespaces: readonly string[] = []
  displayName = ''
  lastSeenMs = Number.NEGATIVE_INFINITY
  readonly slots = new InvokerSlots(0)

  constructor(id: number) {
    this.id = id
  }

  get freeMemoryMb(): number {
    return this.slots.freeMb
  }
}
