import type { ActionHistories, RunReport } from '../../load-balancer/action-histories.ts'
import type {
  ActionHistory,
  ClusterView,
  InvokerState,
  InvokerView,
  PlacementRequest,
} from '../../load-balancer/load-balancer.ts'
import type { Ping } from '../../messages/ping.ts'
import type { Activation } from '../../model/activation.ts'
import { MB } from '../../model/byte-size.ts'
import type { Random } from '../../time/random.ts'
import type { ClusterMember } from './cluster-member.ts'
import { InvokerHealth, type InvokerOutcome } from './invoker-health.ts'
import { InvokerSlots } from './invoker-slots.ts'

/** An invoker that was silent for this long counts as offline, ms. */
export const SILENCE_LIMIT_MS = 10_000

export interface ClusterOptions {
  /**
   * Whether an invoker must run a test action before it is used, and is judged by how activations end there. Without
   * it every invoker that pings is healthy: for one that lives in the same process.
   */
  readonly supervised: boolean
  /** What became of activations, for a balancer that uses it. */
  readonly histories?: ActionHistories
}

/**
 * What this controller knows of the invokers, and the slots it has taken on each. Of each invoker's memory it counts
 * on its share: other controllers place there as well.
 */
export class ClusterState implements ClusterView {
  version = 0
  readonly #random: Random
  readonly #supervised: boolean
  readonly #histories: ActionHistories | undefined
  readonly #invokers: KnownInvoker[] = []
  #controllers = 1

  constructor(random: Random, options: ClusterOptions = { supervised: false }) {
    this.#random = random
    this.#supervised = options.supervised
    this.#histories = options.histories
  }

  get controllers(): number {
    return this.#controllers
  }

  /** Another number of controllers: the shares of memory follow, what is in use stays in use. */
  set controllers(count: number) {
    if (count === this.#controllers) return
    this.#controllers = count
    for (const known of this.#invokers) known.share(count)
    this.version++
  }

  get invokers(): readonly InvokerView[] {
    return this.#invokers
  }

  fits(invoker: number, request: PlacementRequest): boolean {
    const known = this.#invokers[invoker]
    if (!known) return false
    // What is larger than the share would never fit; the invoker takes it when it is given nothing else.
    return known.slots.fits(request) || (known.inFlight === 0 && known.memoryMb >= request.memoryMb)
  }

  random(bound: number): number {
    return this.#random.below(bound)
  }

  take(invoker: number, request: PlacementRequest): void {
    const known = this.#invokers[invoker]!
    known.slots.take(request)
    known.inFlight++
    this.#histories?.sent(invoker, request)
  }

  release(invoker: number, request: PlacementRequest): void {
    const known = this.#invokers[invoker]
    if (!known) return
    known.slots.release(request)
    known.inFlight--
    this.#histories?.ended(invoker, request)
  }

  history(invoker: number, request: PlacementRequest): ActionHistory | undefined {
    return this.#histories?.get(invoker, request)
  }

  /** Notes what the result of an activation tells of its run. */
  learn(invoker: number, request: PlacementRequest, activation: Activation): void {
    this.#histories?.learnt(invoker, request, runReport(activation))
  }

  /** Says that there may be invokers of all numbers below `bound`, heard of or not. */
  expect(bound: number): void {
    while (this.#invokers.length < bound) this.#invokers.push(new KnownInvoker(this.#invokers.length))
  }

  /** Notes a sign of life; true when an invoker became usable by it. */
  ping({ instance, enabled }: Ping, nowMs: number): boolean {
    this.expect(instance.id + 1)
    const known = this.#invokers[instance.id]!
    const memoryMb = Math.floor(instance.userMemoryBytes / MB)
    if (memoryMb !== known.memoryMb) {
      known.memoryMb = memoryMb
      known.share(this.#controllers)
      this.version++
    }
    known.tags = instance.tags
    known.dedicatedNamespaces = instance.dedicatedNamespaces
    known.displayName = [instance.uniqueName, instance.displayedName].filter(Boolean).join('/')
    known.lastSeenMs = nowMs
    known.health.ping(enabled, nowMs)
    if (!this.#supervised && enabled) known.health.outcome('success', nowMs)
    return this.#noticeState(known)
  }

  /** Marks silent invokers offline. Call it about once per second. */
  watch(nowMs: number): void {
    for (const known of this.#invokers) {
      if (known.state !== 'offline' && nowMs - known.lastSeenMs > SILENCE_LIMIT_MS) {
        known.health.silence(nowMs)
        this.#histories?.forget(known.id)
        this.#noticeState(known)
      }
    }
  }

  /** Counts the silence of those that were there anew from now on. */
  excuse(nowMs: number): void {
    for (const known of this.#invokers) if (known.state !== 'offline') known.lastSeenMs = nowMs
  }

  /** Notes how an activation ended on an invoker; true when it became usable by it. */
  outcome(invoker: number, outcome: InvokerOutcome, nowMs: number): boolean {
    const known = this.#invokers[invoker]
    if (!known || !this.#supervised) return false
    known.health.outcome(outcome, nowMs)
    return this.#noticeState(known)
  }

  /** Invokers that should be sent a test action now. */
  probesDue(nowMs: number): number[] {
    if (!this.#supervised) return []
    return this.#invokers.filter(({ health }) => health.takeProbe(nowMs)).map(({ id }) => id)
  }

  /** When the invoker last gave a sign of life, monotonic ms; long ago when it never did. */
  lastSeenMs(invoker: number): number {
    return this.#invokers[invoker]?.lastSeenMs ?? Number.NEGATIVE_INFINITY
  }

  /** Names as the operational API shows them, `invoker<N>[/<unique name>[/<displayed name>]]`, with their states. */
  states(): readonly (readonly [name: string, state: InvokerState])[] {
    return this.#invokers.map(({ id, displayName, state }) => [
      `invoker${id}${displayName ? `/${displayName}` : ''}`,
      state,
    ])
  }

  /** Those that were heard of. */
  members(): readonly ClusterMember[] {
    return this.#invokers.map(({ id, displayName, state, memoryMb, freeMemoryMb, inFlight }) => ({
      id,
      name: `invoker${id}${displayName ? `/${displayName}` : ''}`,
      state,
      memoryMb,
      freeMemoryMb,
      inFlight,
    }))
  }

  countStates(): Record<InvokerState, number> {
    const counts = { healthy: 0, unhealthy: 0, unresponsive: 0, offline: 0 }
    for (const { state } of this.#invokers) counts[state]++
    return counts
  }

  /** True when the invoker became usable. */
  #noticeState(known: KnownInvoker): boolean {
    if (known.state === known.health.state) return false
    known.state = known.health.state
    this.version++
    return known.state === 'healthy'
  }
}

function runReport({ duration, annotations }: Activation): RunReport {
  const initTime = annotations.find(({ key }) => key === 'initTime')?.value
  return { durationMs: duration, initMs: typeof initTime === 'number' ? initTime : undefined }
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
  readonly health = new InvokerHealth()
  #shareMb = 0

  constructor(id: number) {
    this.id = id
  }

  /** Counts on an equal share of the memory. */
  share(controllers: number): void {
    const shareMb = Math.floor(this.memoryMb / controllers)
    this.slots.grow(shareMb - this.#shareMb)
    this.#shareMb = shareMb
  }

  get freeMemoryMb(): number {
    return this.slots.freeMb
  }
}
