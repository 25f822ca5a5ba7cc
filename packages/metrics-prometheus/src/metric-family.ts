import type { Metric, Registry } from 'prom-client'

interface FamilyOptions {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
}

/** One number of a family. Whoever counts often keeps it. */
export interface Cell {
  value: number
}

/**
 * Counters or gauges of one name that differ in their labels. The client library's own look their labels up on every
 * call, which costs more than the warm path of an activation can afford; a cell of these is an object to be kept.
 */
export class CellFamily {
  readonly #children: Children<Cell>

  constructor(register: Registry, type: 'counter' | 'gauge', { name, help, labelNames = [] }: FamilyOptions) {
    this.#children = new Children(labelNames, () => ({ value: 0 }))
    addTo(register, name, () => ({
      name,
      help,
      type,
      aggregator: 'sum',
      values: this.#children.all().map(([labels, { value }]) => ({ labels, value })),
    }))
  }

  with(...labels: string[]): Cell {
    return this.#children.with(labels)
  }

  /** Forgets those whose first labels are among these; each is the text of {@link labelsText}. */
  forget(labels: ReadonlySet<string>, count: number): void {
    this.#children.forget(labels, count)
  }
}

/** Histograms of one name that differ in their labels; for the same reason. */
export class HistogramFamily {
  readonly #children: Children<Distribution>

  constructor(register: Registry, bounds: readonly number[], { name, help, labelNames = [] }: FamilyOptions) {
    this.#children = new Children(labelNames, () => new Distribution(bounds))
    addTo(register, name, () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#children.all().flatMap(([labels, distribution]) => distribution.values(name, labels)),
    }))
  }

  with(...labels: string[]): Distribution {
    return this.#children.with(labels)
  }

  /** As that of {@link CellFamily}. */
  forget(labels: ReadonlySet<string>, count: number): void {
    this.#children.forget(labels, count)
  }
}

/** How often values were up to each bound. */
export class Distribution {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sum += value
  }

  values(name: string, labels: Labels): Value[] {
    let count = 0
    const buckets = this.#counts.map((own, index) => {
      count += own
      return { metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[index] ?? '+Inf' }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

type Labels = Readonly<Record<string, string>>

const SEPARATOR = '\n'

/** Values of labels as one text. */
export function labelsText(values: readonly string[]): string {
  return values.join(SEPARATOR)
}

class Children<T> {
  readonly #labelNames: readonly string[]
  readonly #make: () => T
  readonly #children = new Map<string, readonly [Labels, T]>()
  /** What was asked for last is most often asked for next. */
  #last: { readonly values: readonly string[]; readonly child: T } | undefined

  constructor(labelNames: readonly string[], make: () => T) {
    this.#labelNames = labelNames
    this.#make = make
    if (labelNames.length === 0) this.with([])
  }

  with(values: readonly string[]): T {
    const last = this.#last
    if (last && isSame(values, last.values)) return last.child
    const key = labelsText(values)
    let child = this.#children.get(key)
    if (!child) {
      const labels = Object.fromEntries(this.#labelNames.map((name, index) => [name, values[index] ?? '']))
      this.#children.set(key, (child = [labels, this.#make()]))
    }
    this.#last = { values, child: child[1] }
    return child[1]
  }

  forget(labels: ReadonlySet<string>, count: number): void {
    this.#last = undefined
    for (const key of this.#children.keys()) {
      if (labels.has(labelsText(key.split(SEPARATOR).slice(0, count)))) this.#children.delete(key)
    }
  }

  all(): (readonly [Labels, T])[] {
    return [...this.#children.values()]
  }
}

function isSame(values: readonly string[], others: readonly string[]): boolean {
  for (let at = 0; at < values.length; at++) if (values[at] !== others[at]) return false
  return values.length === others.length
}

interface Snapshot {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: readonly Value[]
}

interface Value {
  /** Where it is not the family's. */
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A registry asks its metrics for nothing but their name and what they are now, though its types name its own classes. */
function addTo(register: Registry, name: string, get: () => Snapshot): void {
  register.registerMetric({ name, get: () => Promise.resolve(get()) } as unknown as Metric)
}
