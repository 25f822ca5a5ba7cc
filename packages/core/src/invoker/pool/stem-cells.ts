import type { Logger } from '../../log.ts'
import type { RuntimesManifest, StemCellPlan } from '../../model/runtimes-manifest.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { ContainerProxy } from '../proxy/container-proxy.ts'
import { LinkedList } from '../parts/linked-list.ts'
import type { StemCellGauges } from '../parts/observer.ts'
import type { PoolPolicy } from '../parts/pool-policy.ts'

/** How often reactive plans are looked at and cells beyond their time to live go. */
const REACTION_MS = 60_000
/** From taking a cell to beginning its replacement. */
const REFILL_DELAY_MS = 30
/** From opening to beginning the first ones: about as long as a server still needs to listen. */
const FIRST_DELAY_MS = 15
/** As long as a server does not listen, the delay doubles up to this: a cell is told where the API is when it is made. */
const MOST_DELAY_MS = 250
const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 60_000
/** A cell that is lost before this age counts as a start that failed. */
const GROWN_UP_MS = 10_000

/** What stem cells and jobs must have in common. The memory must be the same: it is enforced on the container. */
export function stemKey(kind: string, memoryMb: number): string {
  return `${kind}\n${memoryMb}`
}

/** The stem cells of one plan of the manifest. */
export interface StemCellLane {
  readonly key: string
  readonly kind: string
  readonly image: string
  readonly plan: StemCellPlan
}

interface Lane extends StemCellLane {
  /** Up and free, oldest first. */
  readonly ready: LinkedList<ContainerProxy>
  readonly readySince: Map<ContainerProxy, number>
  starting: number
  target: number
  /** Since the policy was asked. */
  coldStarts: number
  missed: number
  expired: number
  backOffMs: number
  retry: Timer | undefined
}

export interface StemCellParts {
  readonly manifest: RuntimesManifest
  readonly clock: Clock
  readonly policy: PoolPolicy
  readonly logger: Logger
  /** Whether it is known where actions reach the API; by default it is. */
  readonly knowsApi?: (() => boolean) | undefined
  /** Begins to make a cell; false when there is no room for one now. */
  readonly start: (lane: StemCellLane) => boolean
}

/** Keeps as many containers ready for any action as the manifest plans. */
export class StemCells {
  readonly #parts: StemCellParts
  readonly #lanes = new Map<string, Lane>()
  #tick: Timer | undefined
  #soon: Timer | undefined
  #closed = true

  constructor(parts: StemCellParts) {
    this.#parts = parts
    for (const kind of parts.manifest.kinds) {
      const { image, stemCells } = parts.manifest.runtime(kind)!
      for (const plan of stemCells) {
        const key = stemKey(kind, plan.memoryMb)
        this.#lanes.set(key, {
          key,
          kind,
          image,
          plan,
          ready: new LinkedList(),
          readySince: new Map(),
          starting: 0,
          target: plan.initialCount,
          coldStarts: 0,
          missed: 0,
          expired: 0,
          backOffMs: 0,
          retry: undefined,
        })
      }
    }
  }

  open(): void {
    this.#closed = false
    if ([...this.#lanes.values()].some(({ plan }) => plan.reactive)) this.#scheduleReaction()
    this.#begin(FIRST_DELAY_MS)
  }

  #begin(delayMs: number): void {
    this.#soon ??= this.#parts.clock.setTimer(delayMs, () => {
      this.#soon = undefined
      const knowsApi = this.#parts.knowsApi?.() ?? true
      if (!knowsApi && delayMs * 2 <= MOST_DELAY_MS) this.#begin(delayMs * 2)
      else this.refill()
    })
  }

  close(): void {
    this.#closed = true
    this.#tick?.cancel()
    this.#soon?.cancel()
    this.#soon = undefined
    for (const lane of this.#lanes.values()) {
      lane.retry?.cancel()
      lane.retry = undefined
    }
  }

  /** The oldest free cell; it is out of the lane from then on. */
  take(key: string | undefined): ContainerProxy | undefined {
    const lane = key === undefined ? undefined : this.#lanes.get(key)
    const cell = lane?.ready.first
    if (!cell) return undefined
    lane!.backOffMs = 0
    this.#remove(lane!, cell)
    return cell
  }

  isReady(key: string | undefined): boolean {
    return key !== undefined && (this.#lanes.get(key)?.ready.size ?? 0) > 0
  }

  /** Cells on their way. */
  starting(key: string): number {
    return this.#lanes.get(key)?.starting ?? 0
  }

  /** A container had to be started although a plan covers its kind and memory. */
  countColdStart(key: string | undefined): void {
    const lane = key === undefined ? undefined : this.#lanes.get(key)
    if (!lane) return
    lane.coldStarts++
    lane.missed++
  }

  /** A start that `start` began has ended. */
  startEnded(cell: ContainerProxy, error: unknown): void {
    const lane = this.#lanes.get(cell.stemKey!)!
    lane.starting--
    if (error === undefined || this.#closed) return
    this.#backOff(lane)
    const { kind, plan, backOffMs } = lane
    this.#parts.logger.warn({ kind, memoryMb: plan.memoryMb, retryMs: backOffMs, err: error }, 'stem cell not started')
  }

  ready(cell: ContainerProxy): void {
    const lane = this.#lanes.get(cell.stemKey!)!
    lane.ready.pushBack(cell.place)
    lane.readySince.set(cell, this.#parts.clock.monotonic())
  }

  /** A free cell is gone or going; nothing happens when it was taken before. */
  lost(cell: ContainerProxy): void {
    const lane = this.#lanes.get(cell.stemKey!)
    const since = lane?.readySince.get(cell)
    if (!lane || since === undefined) return
    this.#remove(lane, cell)
    if (this.#parts.clock.monotonic() - since < GROWN_UP_MS) this.#backOff(lane)
    else lane.backOffMs = 0
  }

  /**
   * Like {@link refill}, but when the job that took a cell is under way, or the platform has opened: to begin a process
   * holds everything up, and then it takes a core.
   */
  refillSoon(delayMs = REFILL_DELAY_MS): void {
    this.#soon ??= this.#parts.clock.setTimer(delayMs, () => {
      this.#soon = undefined
      this.refill()
    })
  }

  /** Begins what is missing and has room. */
  refill(): void {
    if (this.#closed) return
    for (const lane of this.#lanes.values()) {
      while (!lane.retry && lane.ready.size + lane.starting < lane.target && this.#parts.start(lane)) lane.starting++
    }
  }

  /** Free cells of all plans. */
  *free(): Generator<ContainerProxy, void, undefined> {
    for (const { ready } of this.#lanes.values()) yield* ready
  }

  get counts(): { readonly ready: number; readonly readyMb: number; readonly starting: number } {
    let [ready, readyMb, starting] = [0, 0, 0]
    for (const lane of this.#lanes.values()) {
      ready += lane.ready.size
      readyMb += lane.ready.size * lane.plan.memoryMb
      starting += lane.starting
    }
    return { ready, readyMb, starting }
  }

  get gauges(): readonly StemCellGauges[] {
    return [...this.#lanes.values()].map(({ kind, plan: { memoryMb }, ready, starting, missed, expired }) => ({
      kind,
      memoryMb,
      ready: ready.size,
      starting,
      missed,
      expired,
    }))
  }

  #remove(lane: Lane, cell: ContainerProxy): void {
    cell.place.unlink()
    lane.readySince.delete(cell)
  }

  /** So that cells which keep failing, or are evicted as soon as they are there, are not made over and over. */
  #backOff(lane: Lane): void {
    if (this.#closed) return
    lane.backOffMs = Math.min(LONGEST_BACK_OFF_MS, lane.backOffMs * 2 || FIRST_BACK_OFF_MS)
    lane.retry?.cancel()
    lane.retry = this.#parts.clock.setTimer(lane.backOffMs, () => {
      lane.retry = undefined
      this.refill()
    })
  }

  #scheduleReaction(): void {
    this.#tick = this.#parts.clock.setTimer(REACTION_MS, () => {
      this.#react()
      this.#scheduleReaction()
    })
  }

  #react(): void {
    const now = this.#parts.clock.monotonic()
    for (const lane of this.#lanes.values()) {
      const { reactive } = lane.plan
      if (!reactive) continue
      for (const cell of lane.ready) {
        if (now - lane.readySince.get(cell)! < reactive.ttlMs) continue
        lane.expired++
        cell.remove()
      }
      lane.target = this.#parts.policy.stemCells(lane.plan, lane.coldStarts)
      lane.coldStarts = 0
    }
    this.refill()
  }
}
