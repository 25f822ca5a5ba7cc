import type { Clock, ClusterMember, Timer } from '@stemcell/core'
import type { ControllerFigures } from '../figures/controller-figures.ts'
import { KEPT_POINTS, POINT_MS, type ControllerPoint, type InvokerPoint, type PoolFigures } from '../figures/points.ts'
import type { ContainerChange } from './container-changes.ts'
import { eventText } from './event-text.ts'
import type { InvokerReport, ReportSource } from './invoker-report.ts'
import { Listener, type EventSink } from './listener.ts'

const SECOND_MS = 1000
/** An invoker that has not reported for so long is left out. */
const SILENT_MS = 10_000
export const MAX_LISTENERS = 32

/** What the hub needs to know of a controller. */
export interface WatchedController {
  readonly id: string
  readonly clusterSize: number
  readonly members: readonly ClusterMember[]
}

export interface HubParts {
  readonly controller: () => WatchedController
  readonly figures: ControllerFigures
  readonly sources: readonly ReportSource[]
  readonly clock: Clock
  /** Version of the platform. */
  readonly version: string
}

interface KnownInvoker {
  readonly containers: Map<number, ContainerChange>
  pool: PoolFigures
  points: InvokerPoint[]
  heardMs: number
}

/** First event of a stream, and what is told anew to a listener that was too slow. */
export interface Hello {
  readonly controller: string
  readonly version: string
  readonly pointMs: number
  readonly cluster: ClusterEvent
  readonly invokers: readonly InvokerReport[]
  /** Events that this listener did not get, as it was too slow for them. */
  readonly skipped: number
}

/** Once a second. */
export interface ClusterEvent {
  /** Epoch ms. */
  readonly at: number
  readonly controllers: number
  readonly members: readonly ClusterMember[]
  readonly inFlight: number
  readonly waiting: number
  readonly points: readonly ControllerPoint[]
}

/** The operator stream of a controller. Without a listener it does nothing: nobody is watched and no timer runs. */
export class OperatorHub {
  readonly #parts: HubParts
  readonly #listeners = new Set<Listener>()
  readonly #invokers = new Map<number, KnownInvoker>()
  #stops: (() => void)[] = []
  #timer: Timer | undefined
  #latest = 0

  constructor(parts: HubParts) {
    this.#parts = parts
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /** False when there are too many already. The returned function ends it. */
  join(sink: EventSink): (() => void) | undefined {
    if (this.#listeners.size >= MAX_LISTENERS) return undefined
    const listener = new Listener(sink, this.#parts.clock, (skipped) => eventText('hello', this.#hello(skipped)))
    // What is there already belongs into its first event.
    if (this.#listeners.size === 0) this.#start()
    this.#listeners.add(listener)
    listener.begin()
    return () => this.#leave(listener)
  }

  /** Ends every stream. */
  close(): void {
    for (const listener of this.#listeners) {
      listener.end()
      this.#leave(listener)
    }
  }

  #start(): void {
    this.#stops = this.#parts.sources.map((source) => source.watch((report) => this.#take(report)))
    const tick = (): void => {
      this.#second()
      if (this.#listeners.size > 0) this.#timer = this.#parts.clock.setTimer(SECOND_MS, tick)
    }
    this.#timer = this.#parts.clock.setTimer(SECOND_MS, tick)
  }

  #leave(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return
    this.#timer?.cancel()
    for (const stop of this.#stops.splice(0)) stop()
    this.#invokers.clear()
    this.#latest = 0
  }

  #take(report: InvokerReport): void {
    const { invoker, whole, containers, pool, points } = report
    let known = this.#invokers.get(invoker)
    if (!known || whole) {
      known = { containers: new Map(), pool, points: [], heardMs: 0 }
      this.#invokers.set(invoker, known)
    }
    known.pool = pool
    known.heardMs = this.#parts.clock.monotonic()
    for (const { through: _through, more: _more, ...container } of containers) {
      if (container.phase === 'gone') known.containers.delete(container.id)
      else known.containers.set(container.id, container)
    }
    for (const point of points) {
      if (known.points.at(-1)?.at === point.at) known.points.pop()
      known.points.push(point)
    }
    const oldest = this.#parts.clock.now() - KEPT_POINTS * POINT_MS
    while (known.points.length > 0 && known.points[0]!.at < oldest) known.points.shift()
    this.#tell('pool', report)
  }

  #second(): void {
    const now = this.#parts.clock.monotonic()
    for (const [invoker, { heardMs }] of this.#invokers) {
      if (now - heardMs <= SILENT_MS) continue
      this.#invokers.delete(invoker)
      this.#tell('lost', { invoker })
    }
    const cluster = this.#cluster(this.#latest)
    this.#latest = cluster.points.at(-1)?.at ?? this.#latest
    this.#tell('cluster', cluster)
    for (const listener of this.#listeners) if (listener.isHopeless) this.#drop(listener)
  }

  #drop(listener: Listener): void {
    listener.end()
    this.#leave(listener)
  }

  #tell(event: string, data: unknown): void {
    if (this.#listeners.size === 0) return
    const text = eventText(event, data)
    for (const listener of this.#listeners) listener.tell(text)
  }

  #cluster(since: number): ClusterEvent {
    const { controller, figures, clock } = this.#parts
    const { clusterSize, members } = controller()
    return {
      at: clock.now(),
      controllers: clusterSize,
      members,
      inFlight: figures.inFlight,
      waiting: figures.waiting,
      points: figures.points().filter(({ at }) => at >= since),
    }
  }

  #hello(skipped: number): Hello {
    const { controller, version } = this.#parts
    return {
      controller: controller().id,
      version,
      pointMs: POINT_MS,
      cluster: this.#cluster(0),
      invokers: [...this.#invokers].map(([invoker, { containers, pool, points }]) => ({
        invoker,
        whole: true,
        containers: [...containers.values()],
        pool,
        points,
      })),
      skipped,
    }
  }
}
