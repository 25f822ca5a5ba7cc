import type { ContainerFactory, ContainerSpec } from '../../container/container-factory.ts'
import type { Logger } from '../../log.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadlines } from '../../time/deadlines.ts'
import type { ContainerView } from '../parts/container-view.ts'
import type { InvokerObserver, PoolGauges } from '../parts/observer.ts'
import { ContainerProxy, type ProxyHost, type ProxyParts } from '../proxy/container-proxy.ts'
import { ContainerStarts } from './container-starts.ts'
import { viewOf, type ContainerWatch } from './container-watch.ts'
import { ContainersByAction } from './containers-by-action.ts'
import { evict } from './evict.ts'
import { IdleContainers } from './idle-containers.ts'
import { InstanceLimits } from './instance-limits.ts'
import type { Acquisition, AcquisitionReason, Job } from '../parts/job.ts'
import { ReuseQueue } from './reuse-queue.ts'
import type { PoolPolicy, Prewarm } from '../parts/pool-policy.ts'
import { Prewarms } from './prewarms.ts'
import { ResourceLedger } from './resource-ledger.ts'
import { covers, plus, type Resources } from '../parts/resources.ts'
import { StemCells, type StemCellLane } from './stem-cells.ts'
import { WaitingRoom, type Waiter } from './waiting-room.ts'

/** So many jobs may be served before one whose turn it is; then whatever frees is kept for it. */
const MAX_OVERTAKEN = 16

/** What a stem cell is worth waiting for, ms: it is initialised in a few, but another has to be started in its place. */
const STEM_CELL_MS = 20

const HOT: Acquisition = { how: 'hot' }
const JOINED: Acquisition = { how: 'hot', reason: 'joined' }
const BEHIND: Acquisition = { how: 'hot', reason: 'behind' }
const RESUMED: Acquisition = { how: 'resumed' }

export interface PoolParts {
  readonly factory: ContainerFactory
  readonly clock: Clock
  readonly policy: PoolPolicy
  readonly logger: Logger
  readonly manifest: RuntimesManifest
  readonly observer: InvokerObserver
  /** Default: nobody looks. */
  readonly watch?: ContainerWatch
  readonly capacity: Resources
  readonly maxParallelStarts: number
  /** See `InvokerOptions`; default 0. */
  readonly maxRunsBehind?: number
  readonly stemCellSpec: (lane: StemCellLane) => ContainerSpec
  /** Whether it is known where actions reach the API; by default it is. */
  readonly knowsApi?: () => boolean
  /** Aborts when containers that cannot be removed are waited for no more. */
  readonly giveUp: AbortSignal
}

/**
 * Decides which container takes which job: a hot one, a suspended one, a stem cell, a new one; else containers that
 * idle make room, least recently used first and no more than needed; else the job waits. Decisions are synchronous and
 * cost the same with 10 containers as with 1,000.
 *
 * Nobody is starved: the head of the waiting room may be overtaken {@link MAX_OVERTAKEN} times. Then its needs are
 * promised to it, and containers that free are taken out of use until the promise can be kept; the others go on.
 */
export class ContainerPool implements ProxyHost {
  readonly #parts: PoolParts
  readonly #proxyParts: ProxyParts
  readonly #ledger: ResourceLedger
  readonly #stems: StemCells
  readonly #room = new WaitingRoom()
  readonly #reuseQueue: ReuseQueue
  readonly #starts: ContainerStarts
  readonly #actions: ContainersByAction
  readonly #idle: IdleContainers
  readonly #prewarms: Prewarms
  readonly #limits = new InstanceLimits()
  /** Waiters with promised resources, in the order of the promises. */
  #promised: Waiter[] = []
  readonly #all = new Set<ContainerProxy>()
  readonly #emptied: (() => void)[] = []
  #made = 0
  #closed = false

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#ledger = new ResourceLedger(parts.capacity)
    this.#actions = new ContainersByAction(parts.maxRunsBehind ?? 0)
    const { factory, clock, policy, logger, manifest, giveUp } = parts
    this.#proxyParts = { host: this, factory, clock, policy, logger, giveUp }
    this.#idle = new IdleContainers(policy.worth && ((container) => policy.worth!(container)))
    this.#prewarms = new Prewarms(clock, (preparation, keepMs) => this.#prepare(preparation, keepMs))
    this.#starts = new ContainerStarts(clock, parts.maxParallelStarts)
    this.#reuseQueue = new ReuseQueue(clock, (job) => this.#insist(job, this.#reason(job)))
    const { knowsApi } = parts
    this.#stems = new StemCells({ manifest, clock, policy, logger, knowsApi, start: (lane) => this.#startStem(lane) })
  }

  /** Takes jobs, also again after it was closed. */
  open(): void {
    this.#closed = false
    this.#stems.open()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Ends waiting jobs and removes every container, busy ones too. Resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stems.close()
    this.#prewarms.clear()
    for (const { job } of this.#promised) this.#ledger.unpromise(job.need)
    this.#promised = []
    for (const job of [...this.#room.clear(), ...this.#reuseQueue.clear(), ...this.#limits.clear()]) {
      job.fail({ kind: 'closing' })
    }
    for (const proxy of this.#all) proxy.remove()
    if (this.#all.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied.push(resolve)
      })
    }
    Deadlines.of(this.#parts.clock).rest()
  }

  /** Takes a job: it is executed or fails, now or later. */
  submit(job: Job, reason?: AcquisitionReason): void {
    if (job.ended) return
    if (this.#closed) return job.fail({ kind: 'closing' })
    if (!covers(this.#ledger.capacity, job.need)) return job.fail({ kind: 'never-fits' })
    if (reason === undefined) this.#arrived(job)
    this.#place(job, reason)
  }

  #place(job: Job, reason?: AcquisitionReason): void {
    if (this.#takeOwn(job)) {
      if (this.#room.size > 0) this.#overtake()
    } else if (this.#isLimited(job)) {
      this.#limits.add(job)
    } else if (reason !== undefined || !this.#waitsPatiently(job)) {
      this.#insist(job, reason ?? this.#reason(job))
    }
  }

  /** Lets a job go that has ended while it waits; one that a container has been chosen for stays there. */
  withdraw(job: Job): void {
    const waiter = this.#room.waiterOf(job)
    if (waiter) {
      this.#breakPromise(waiter)
      this.#room.withdraw(waiter)
      this.#admit(job.key)
    } else if (!this.#reuseQueue.remove(job) && !this.#limits.remove(job)) return
    this.#pump()
  }

  get gauges(): PoolGauges {
    const { ready, readyMb } = this.#stems.counts
    const { used, leaving, capacity } = this.#ledger
    return {
      capacityMb: capacity.memoryMb,
      usedMb: used.memoryMb,
      leavingMb: leaving.memoryMb,
      busy: [...this.#all].filter(({ active }) => active > 0).length,
      idle: this.#idle.size,
      idleMb: this.#idle.resources.memoryMb,
      stemCells: ready,
      stemCellsMb: readyMb,
      starting: this.#starts.size,
      waiting: this.#room.size + this.#reuseQueue.size + this.#limits.size,
      stemCellPlans: this.#stems.gauges,
    }
  }

  startEnded(proxy: ContainerProxy, error: unknown): void {
    const ok = error === undefined
    const ms = this.#starts.end(proxy, ok)
    const stemCell = proxy.stemKey !== undefined
    this.#parts.observer.started?.({ stemCell, ok, ms })
    if (stemCell) this.#stems.startEnded(proxy, error)
    this.#pump()
  }

  ran(proxy: ContainerProxy, ms: number, brief: boolean): void {
    this.#actions.ran(proxy.key!, ms, brief)
  }

  stemReady(proxy: ContainerProxy): void {
    const { memoryMb, stemKey } = proxy
    const waiting = this.#unlimited(() => this.#reuseQueue.take(cellLane(stemKey!)))
    if (waiting) {
      this.#specialise(proxy, waiting)
      if (this.#room.size > 0) this.#overtake()
      return
    }
    const waiter = this.#room.next((need) => need.memoryMb === memoryMb && need.milliCpu === 0)
    if (waiter && waiter.job.stemKey === stemKey && !this.#limits.reached(waiter.job)) {
      this.#serve(waiter)
      return this.#specialise(proxy, waiter.job)
    }
    this.#stems.ready(proxy)
    this.#pump()
  }

  freed(proxy: ContainerProxy): void {
    if (this.#ledger.inDebt && !this.#isPromised(this.#room.firstOf(proxy.key!))) return proxy.retire()
    this.#fill(proxy)
    if (!proxy.hasRoom) return
    this.#actions.placeFirst(proxy)
    if (proxy.active === 0) this.#idle.add(proxy)
    if (this.#room.size > 0) this.#pump()
  }

  parked(proxy: ContainerProxy): void {
    this.#actions.park(proxy)
  }

  withdrawn(proxy: ContainerProxy): void {
    this.#ledger.leave(proxy.need)
    this.#idle.remove(proxy)
    if (proxy.key === undefined) return this.#stems.lost(proxy)
    this.#actions.leave(proxy)
    if (this.#actions.has(proxy.key)) return
    for (const job of this.#reuseQueue.dropLane(proxy.key)) this.#insist(job, 'no-container')
  }

  gone(proxy: ContainerProxy): void {
    this.#ledger.release(proxy.need)
    this.#all.delete(proxy)
    if (proxy.key !== undefined) this.#limits.leave(proxy.key)
    if (this.#all.size === 0) for (const resolve of this.#emptied.splice(0)) resolve()
    if (proxy.key !== undefined) this.#admit(proxy.key)
    this.#pump()
  }

  changed(proxy: ContainerProxy): void {
    this.#parts.watch?.changed(proxy)
  }

  /** Every container there is. */
  get containers(): readonly ContainerView[] {
    return [...this.#all].map((proxy) => viewOf(proxy))
  }

  prewarm(preparation: Job, prewarm: Prewarm): void {
    if (!this.#closed) this.#prewarms.plan(preparation, prewarm)
  }

  returned(job: Job): void {
    this.submit(job, 'replacement')
  }

  recalled(job: Job): void {
    if (job.ended) return
    if (this.#closed) return job.fail({ kind: 'closing' })
    this.#place(job)
  }

  #arrived({ key, need }: Job): void {
    const { policy, clock } = this.#parts
    policy.arrived?.({ key, memoryMb: need.memoryMb, nowMs: clock.monotonic() })
    if (this.#prewarms.size > 0) this.#prewarms.cancel(key)
  }

  /** Makes a container for jobs to come, unless there is one for them, or others need the room or the start. */
  #prepare(job: Job, keepMs: number): void {
    const { key, need } = job
    if (this.#closed || this.#room.size > 0 || this.#actions.find(key) || this.#isLimited(job)) return
    if (!this.#hasFreeStart || !this.#ledger.hasSpare(need)) return
    this.#actions.enter(key)
    this.#limits.enter(key)
    const proxy = this.#book(need, undefined)
    proxy.prepare(job.spec(), job, keepMs)
    this.#actions.place(proxy)
  }

  /** One start is left to jobs. */
  get #hasFreeStart(): boolean {
    return this.#starts.free > (this.#parts.maxParallelStarts > 1 ? 1 : 0)
  }

  #reason({ key }: Job): AcquisitionReason {
    return this.#actions.has(key) ? 'all-busy' : 'no-container'
  }

  /** The action has as many containers as it may, or will have when those of its jobs that wait for room get theirs. */
  #isLimited(job: Job): boolean {
    return this.#limits.reached(job, this.#room.countOf(job.key))
  }

  /** The first job that may have a container; those that may not wait for one of their action from then on. */
  #unlimited(take: () => Job | undefined): Job | undefined {
    for (let job = take(); job; job = take()) {
      if (!this.#limits.reached(job)) return job
      this.#holdBack(job)
    }
    return undefined
  }

  /** The job gets a container of its action: one that has room by now, or the next one that has. */
  #holdBack(job: Job): void {
    if (!this.#takeOwn(job)) this.#limits.add(job)
  }

  /** Jobs that the limit of the action held back and holds back no longer. */
  #admit(key: string): void {
    if (this.#closed || this.#limits.size === 0) return
    const next = (): Job | undefined => this.#limits.takeAllowed(key, this.#room.countOf(key))
    for (let job = next(); job; job = next()) this.#insist(job, this.#reason(job))
  }

  /** A container of its own for the job, now or as soon as there is room. */
  #insist(job: Job, reason: AcquisitionReason): void {
    if (this.#isLimited(job)) return this.#holdBack(job)
    if (this.#takeNew(job, reason)) {
      if (this.#room.size > 0) this.#overtake()
      return
    }
    this.#room.add(job, reason)
    this.#makeRoom()
  }

  /** Lets the job wait for a container that exists, where that is quicker than to make one. */
  #waitsPatiently(job: Job): boolean {
    const { key, stemKey } = job
    const cellReady = this.#stems.isReady(stemKey)
    const runMs = this.#actions.runMs(key)
    const { typicalMs } = this.#starts
    if (runMs !== undefined) {
      const reuseWaitMs = this.#parts.policy.reuseWait({
        runMs,
        ahead: this.#reuseQueue.countIn(key),
        slots: this.#actions.count(key) * job.maxConcurrent,
        startMs: cellReady ? STEM_CELL_MS : typicalMs,
      })
      if (reuseWaitMs > 0) {
        this.#reuseQueue.add(job, key, reuseWaitMs)
        return true
      }
    }
    // A stem cell that is starting is ready before a container begun now.
    if (stemKey === undefined || cellReady) return false
    const lane = cellLane(stemKey)
    if (this.#stems.starting(stemKey) <= this.#reuseQueue.countIn(lane)) return false
    this.#reuseQueue.add(job, lane, 2 * typicalMs)
    return true
  }

  /** Gives the job to a container of its own action. */
  #takeOwn(job: Job): boolean {
    const proxy = this.#actions.find(job.key)
    if (!proxy) return false
    this.#give(proxy, job)
    return true
  }

  /** Gives the job to a stem cell or to a container made for it, if that takes nothing promised to others. */
  #takeNew(job: Job, reason: AcquisitionReason): boolean {
    const cell = this.#stems.take(job.stemKey)
    if (cell) {
      this.#specialise(cell, job)
      return true
    }
    if (this.#starts.free <= 0 || !this.#ledger.hasSpare(job.need)) return false
    this.#startCold(job, reason)
    return true
  }

  #give(proxy: ContainerProxy, job: Job): void {
    job.acquired(this.#howItIs(proxy))
    this.#idle.remove(proxy)
    proxy.assign(job)
    this.#actions.place(proxy)
  }

  #howItIs(proxy: ContainerProxy): Acquisition {
    if (proxy.isReady) return proxy.isFull ? BEHIND : HOT
    return this.#actions.isParked(proxy) ? RESUMED : JOINED
  }

  #specialise(cell: ContainerProxy, job: Job): void {
    job.acquired({ how: 'stemcell' })
    this.#actions.enter(job.key)
    this.#limits.enter(job.key)
    cell.assign(job)
    this.#actions.place(cell)
    this.#fill(cell)
    this.#stems.refillSoon()
  }

  #startCold(job: Job, reason: AcquisitionReason): void {
    job.acquired({ how: 'cold', reason })
    this.#stems.countColdStart(job.stemKey)
    this.#actions.enter(job.key)
    this.#limits.enter(job.key)
    const proxy = this.#book(job.need, undefined)
    proxy.start(job.spec(), job)
    this.#actions.place(proxy)
    this.#fill(proxy)
  }

  #startStem(lane: StemCellLane): boolean {
    const need: Resources = { memoryMb: lane.plan.memoryMb, milliCpu: 0 }
    // Jobs that wait come first.
    if (this.#room.size > 0 || !this.#hasFreeStart || !this.#ledger.hasSpare(need)) return false
    this.#book(need, lane.key).start(this.#parts.stemCellSpec(lane), undefined)
    return true
  }

  #book(need: Resources, stemKey: string | undefined): ContainerProxy {
    const proxy = new ContainerProxy(this.#proxyParts, need, stemKey)
    proxy.number = ++this.#made
    this.#ledger.take(need)
    this.#all.add(proxy)
    this.#starts.begin(proxy)
    return proxy
  }

  /** Jobs of its action that wait go into the container while there is room. */
  #fill(proxy: ContainerProxy): void {
    const key = proxy.key!
    let wasServed = false
    while (proxy.hasRoom) {
      const waiter = this.#room.firstOf(key)
      const job = waiter?.job ?? this.#reuseQueue.take(key) ?? this.#limits.take(key)
      if (!job) break
      if (waiter) this.#serve(waiter)
      this.#give(proxy, job)
      if (waiter) wasServed = true
      else if (this.#room.size > 0) this.#overtake()
    }
    // Who has one now needs none of those that the action may still have.
    if (wasServed) this.#admit(key)
  }

  /** The waiter has what it waited for. */
  #serve(waiter: Waiter): void {
    const { head } = this.#room
    if (!this.#breakPromise(waiter) && waiter !== head) this.#overtake()
    this.#room.remove(waiter)
  }

  /** False when nothing was promised to it. */
  #breakPromise(waiter: Waiter): boolean {
    if (!this.#isPromised(waiter)) return false
    this.#promised = this.#promised.filter((other) => other !== waiter)
    this.#ledger.unpromise(waiter.job.need)
    return true
  }

  #isPromised(waiter: Waiter | undefined): boolean {
    return waiter !== undefined && this.#promised.includes(waiter)
  }

  #overtake(): void {
    const { head } = this.#room
    if (!head || ++head.overtaken < MAX_OVERTAKEN || this.#promised.length >= this.#parts.maxParallelStarts) return
    this.#promise(head)
  }

  #promise(waiter: Waiter): void {
    this.#room.call(waiter)
    this.#promised.push(waiter)
    this.#ledger.promise(waiter.job.need)
    this.#evict()
  }

  /** Something became free: whoever can go, goes. */
  #pump(): void {
    if (this.#closed) return
    for (const waiter of this.#promised) {
      // Serving one can serve another: a container may have room for several jobs of an action.
      if (!this.#isPromised(waiter) || this.#starts.free <= 0 || !this.#ledger.hasFree(waiter.job.need)) continue
      this.#startWaiter(waiter)
    }
    this.#evict()
    while (this.#starts.free > 0) {
      const waiter = this.#room.next((need) => this.#ledger.hasSpare(need))
      if (!waiter) break
      this.#startWaiter(waiter)
    }
    if (this.#room.size > 0) this.#makeRoom()
    else this.#stems.refill()
  }

  #startWaiter(waiter: Waiter): void {
    this.#serve(waiter)
    if (this.#limits.reached(waiter.job)) return this.#holdBack(waiter.job)
    const cell = this.#stems.take(waiter.job.stemKey)
    if (cell) this.#specialise(cell, waiter.job)
    else this.#startCold(waiter.job, waiter.reason)
  }

  /** Promises room to those for whom idle containers can make it, as many as could then be started. */
  #makeRoom(): void {
    while (this.#promised.length < this.#starts.free) {
      const evictable = this.#evictable
      const waiter = this.#room.next((need) => covers(evictable, this.#ledger.shortfall(need)))
      if (!waiter) return
      this.#promise(waiter)
    }
  }

  get #evictable(): Resources {
    return plus(this.#idle.resources, { memoryMb: this.#stems.counts.readyMb, milliCpu: 0 })
  }

  #evict(): void {
    evict(this.#ledger, this.#parts.policy, this.#idle, this.#stems)
  }
}

/** Where jobs wait for a stem cell that is starting. */
function cellLane(stemKey: string): string {
  return `stem cell ${stemKey}`
}
