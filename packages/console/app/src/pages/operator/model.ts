import type {
  ClusterEvent,
  ContainerChange,
  ControllerPoint,
  Hello,
  InvokerPoint,
  InvokerReport,
  PoolFigures,
} from '@stemcell/console'

export interface SeenInvoker {
  readonly containers: Map<number, ContainerChange>
  pool: PoolFigures
  points: InvokerPoint[]
}

/** What the operator sees, kept up to date by the events of the stream. */
export class OperatorModel {
  readonly invokers = new Map<number, SeenInvoker>()
  controller = ''
  cluster: ClusterEvent | undefined
  controllerPoints: ControllerPoint[] = []
  pointMs = 10_000
  /** Changes since the last drawing, by invoker. */
  readonly changes = new Map<number, ContainerChange[]>()
  skipped = 0
  /** Everything is new. */
  isFresh = false

  take(event: string, data: unknown): void {
    switch (event) {
      case 'hello':
        return this.#hello(data as Hello)
      case 'pool':
        return this.#pool(data as InvokerReport)
      case 'cluster':
        return this.#cluster(data as ClusterEvent)
      case 'lost':
        this.invokers.delete((data as { invoker: number }).invoker)
        this.isFresh = true
    }
  }

  #hello({ controller, cluster, invokers, pointMs, skipped }: Hello): void {
    this.controller = controller
    this.pointMs = pointMs
    this.skipped += skipped
    this.controllerPoints = []
    this.invokers.clear()
    this.changes.clear()
    this.isFresh = true
    this.#cluster(cluster)
    for (const report of invokers) this.#pool(report)
  }

  #cluster(cluster: ClusterEvent): void {
    this.cluster = cluster
    append(this.controllerPoints, cluster.points)
  }

  #pool({ invoker, whole, containers, pool, points }: InvokerReport): void {
    let seen = this.invokers.get(invoker)
    if (!seen || whole) {
      seen = { containers: new Map(), pool, points: [] }
      this.invokers.set(invoker, seen)
      this.isFresh = true
    }
    seen.pool = pool
    for (const container of containers) {
      if (container.phase === 'gone') seen.containers.delete(container.id)
      else seen.containers.set(container.id, container)
    }
    append(seen.points, points)
    const pending = this.changes.get(invoker) ?? []
    pending.push(...containers)
    this.changes.set(invoker, pending)
  }
}

const KEPT = 360

function append<P extends { readonly at: number }>(points: P[], more: readonly P[]): void {
  for (const point of more) {
    if (points.at(-1)?.at === point.at) points.pop()
    points.push(point)
  }
  if (points.length > KEPT) points.splice(0, points.length - KEPT)
}
