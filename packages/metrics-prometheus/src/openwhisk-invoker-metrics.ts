import { SystemClock, type Acquisition, type Clock, type InvokerObserver } from '@stemcell/core'
import type { Registry } from 'prom-client'
import { FORGET_MS, MAX_ACTIONS, OTHER } from './action-series.ts'
import { CellFamily, labelsText, type Cell } from './metric-family.ts'

const LABELS = ['namespace', 'initiator', 'action'] as const

/** An action as one caller starts it: a counter for each state in which its container was found. */
interface Starts {
  readonly labels: readonly [namespace: string, initiator: string, action: string]
  readonly cells: Map<string, Cell>
  usedMs: number
}

/**
 * What OpenWhisk's dashboards ask of its invokers, under their names and labels, beside our own metrics of the same
 * things. The action's label has its package, as in the metrics of user events, so that one choice of an action fits all.
 */
export class OpenWhiskInvokerMetrics implements Pick<Required<InvokerObserver>, 'acquired' | 'gauges'> {
  readonly #starts: CellFamily
  readonly #missed: CellFamily
  readonly #expired: CellFamily
  readonly #active: Cell
  readonly #stemCells: Cell
  /** By caller, then by action: an event of the warm path makes no key. */
  readonly #series = new Map<string, Map<string, Starts>>()
  #size = 0
  #others: Starts | undefined
  readonly #clock: Pick<Clock, 'now'>

  constructor(register: Registry, clock: Pick<Clock, 'now'> = new SystemClock()) {
    this.#clock = clock
    const family = (type: 'counter' | 'gauge', name: string, help: string, labelNames: readonly string[] = []) =>
      new CellFamily(register, type, { name, help, labelNames })
    this.#starts = family(
      'counter',
      'counter_invoker_containerStart_counter_total',
      'Activations by the state in which their container was found',
      [...LABELS, 'containerState'],
    )
    const plan = ['kind', 'memory']
    this.#missed = family(
      'counter',
      'counter_containerPool_prewarmColdstart_counter_total',
      'Containers started because no stem cell of their kind and memory was ready',
      plan,
    )
    this.#expired = family(
      'counter',
      'counter_containerPool_prewarmExpired_counter_total',
      'Stem cells that nobody needed for the time to live of their plan',
      plan,
    )
    this.#active = family('gauge', 'gauge_containerPool_activeCount_counter', 'Containers with activations').with()
    this.#stemCells = family(
      'gauge',
      'gauge_containerPool_prewarmCount_counter',
      'Stem cells, those that start included',
    ).with()
  }

  acquired({ namespace, action, acquisition }: Parameters<NonNullable<InvokerObserver['acquired']>>[0]): void {
    const series = this.#seriesOf(namespace, action)
    series.usedMs = this.#clock.now()
    const state = stateOf(acquisition)
    let cell = series.cells.get(state)
    if (!cell) series.cells.set(state, (cell = this.#starts.with(...series.labels, state)))
    cell.value++
  }

  gauges({ busy, stemCellPlans }: Parameters<NonNullable<InvokerObserver['gauges']>>[0]): void {
    this.#active.value = busy
    let cells = 0
    for (const { kind, memoryMb, ready, starting, missed, expired } of stemCellPlans) {
      cells += ready + starting
      const memory = `${memoryMb} MB`
      this.#missed.with(kind, memory).value = missed
      this.#expired.with(kind, memory).value = expired
    }
    this.#stemCells.value = cells
  }

  /** Forgets actions that have not run for long: they may not exist any more. */
  forgetIdle(): void {
    const before = this.#clock.now() - FORGET_MS
    const idle = new Set<string>()
    for (const [initiator, actions] of this.#series) {
      for (const [name, { labels, usedMs }] of actions) {
        if (usedMs >= before) continue
        idle.add(labelsText(labels))
        actions.delete(name)
        this.#size--
      }
      if (actions.size === 0) this.#series.delete(initiator)
    }
    if (idle.size > 0) this.#starts.forget(idle, LABELS.length)
  }

  #seriesOf(initiator: string, name: string): Starts {
    const actions = this.#series.get(initiator)
    const known = actions?.get(name)
    if (known) return known
    if (this.#size >= MAX_ACTIONS) return (this.#others ??= this.#newSeries([OTHER, OTHER, OTHER]))
    const slash = name.indexOf('/')
    const series = this.#newSeries([name.slice(0, slash), initiator, name.slice(slash + 1)])
    if (actions) actions.set(name, series)
    else this.#series.set(initiator, new Map([[name, series]]))
    this.#size++
    return series
  }

  #newSeries(labels: Starts['labels']): Starts {
    return { labels, cells: new Map(), usedMs: 0 }
  }
}

/** In OpenWhisk's words. Whether others had to go first, its `recreated`, is not told here. */
function stateOf({ how, reason }: Acquisition): string {
  if (reason === 'joined') return 'warming'
  if (how === 'stemcell') return 'prewarmed'
  return how === 'cold' ? 'cold' : 'warmed'
}
