import { LRUCache } from 'lru-cache'
import { growingTo } from '../collections/growing-cache.ts'
import type { ActionHistory, PlacementRequest } from './load-balancer.ts'

const REMEMBERED = 50_000
/** Share of the newest run in the average of runs. */
const NEWEST = 0.2

/** How an activation ended, as far as it was told. */
export interface RunReport {
  /** Of the run, ms. */
  readonly durationMs?: number | undefined
  /** Of the initialisation, where there was one: the container was cold. */
  readonly initMs?: number | undefined
}

/**
 * What became of activations by invoker and action: the books behind `ClusterView.history`. It forgets what was used
 * longest ago. A platform keeps one for a balancer that `usesHistory`; tests of balancers may have one of their own.
 */
export class ActionHistories {
  readonly #nowMs: () => number
  readonly #entries = new LRUCache<string, Entry>(growingTo(REMEMBERED))
  /** Counts the restarts of an invoker: what was before is not there any more. */
  readonly #lives = new Map<number, number>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get(invoker: number, request: PlacementRequest): ActionHistory | undefined {
    const entry = this.#entries.get(this.#key(invoker, request))
    return entry && entry.completed + entry.inFlight > 0 ? entry : undefined
  }

  /** An activation was sent there. */
  sent(invoker: number, request: PlacementRequest): void {
    const key = this.#key(invoker, request)
    let entry = this.#entries.get(key)
    if (!entry) this.#entries.set(key, (entry = new Entry(this.#nowMs, request.maxConcurrent)))
    entry.sent()
  }

  /** It is over there, whatever came of it. */
  ended(invoker: number, request: PlacementRequest): void {
    this.#entries.get(this.#key(invoker, request))?.ended()
  }

  /** Its result was told. */
  learnt(invoker: number, request: PlacementRequest, report: RunReport): void {
    this.#entries.get(this.#key(invoker, request))?.learnt(report)
  }

  /** The invoker is gone, and its containers with it. */
  forget(invoker: number): void {
    this.#lives.set(invoker, (this.#lives.get(invoker) ?? 0) + 1)
  }

  #key(invoker: number, { namespace, action, version }: PlacementRequest): string {
    return `${invoker}.${this.#lives.get(invoker) ?? 0} ${namespace} ${action}@${version}`
  }
}

class Entry implements ActionHistory {
  inFlight = 0
  completed = 0
  coldStarts = 0
  runMs: number | undefined
  initMs: number | undefined
  readonly #nowMs: () => number
  readonly #perContainer: number
  #endedMs: number
  #containers = 0

  constructor(nowMs: () => number, perContainer: number) {
    this.#nowMs = nowMs
    this.#perContainer = perContainer
    this.#endedMs = nowMs()
  }

  get idleMs(): number {
    return this.inFlight > 0 ? 0 : Math.max(0, this.#nowMs() - this.#endedMs)
  }

  get warmSlots(): number {
    return Math.max(0, this.#containers * this.#perContainer - this.inFlight)
  }

  sent(): void {
    this.inFlight++
    this.#containers = Math.max(this.#containers, Math.ceil(this.inFlight / this.#perContainer))
  }

  ended(): void {
    // What was sent before the entry was forgotten and made anew ends without a beginning.
    if (this.inFlight === 0) return
    this.inFlight--
    this.completed++
    this.#endedMs = this.#nowMs()
  }

  learnt({ durationMs, initMs }: RunReport): void {
    if (initMs !== undefined) {
      this.coldStarts++
      this.initMs = averaged(this.initMs, initMs)
    }
    if (durationMs !== undefined) this.runMs = averaged(this.runMs, durationMs)
  }
}

function averaged(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + NEWEST * (newest - before)
}
