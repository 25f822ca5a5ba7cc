import {
  MemorySortedBackend,
  type KeyRange,
  type SortedBackend,
  type SortedBatch,
  type SortedEntry,
  type SortedRange,
  type SortedReads,
  type SortedValue,
} from '@stemcell/core/sorted-store'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

/** A backend in memory that keeps all promises but those that a subclass breaks. */
class Sound implements SortedBackend {
  readonly durable: boolean = true
  protected readonly inner: MemorySortedBackend

  constructor(inner: MemorySortedBackend = new MemorySortedBackend()) {
    this.inner = inner
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async get(key: string): Promise<SortedValue | undefined> {
    return this.inner.get(key)
  }

  async range(range: SortedRange): Promise<readonly SortedEntry[]> {
    return this.inner.range(range)
  }

  async count(range: KeyRange): Promise<number> {
    return this.inner.count(range)
  }

  async batch(batch: SortedBatch): Promise<boolean> {
    return this.inner.batch(batch)
  }
}

/** Reads and writes by a way of its own. */
function altered(change: Partial<SortedBackend> | ((inner: MemorySortedBackend) => Partial<SortedBackend>)) {
  return (): SortedBackend => {
    const inner = new MemorySortedBackend()
    return Object.assign(new Sound(inner), typeof change === 'function' ? change(inner) : change)
  }
}

const ALL = { reverse: false, skip: 0, limit: Number.MAX_SAFE_INTEGER } as const

/** Looks at the conditions, lets others in, and writes then. */
class Hesitant extends Sound {
  override async batch({ conditions, operations }: SortedBatch): Promise<boolean> {
    const holds = conditions.every(({ key, value }) => this.inner.get(key) === value)
    await new Promise((resolve) => setImmediate(resolve))
    return holds && this.inner.batch({ conditions: [], operations })
  }
}

/** Writes one operation after the other. */
class Piecemeal extends Sound {
  override async batch({ conditions, operations }: SortedBatch): Promise<boolean> {
    if (!this.inner.batch({ conditions, operations: [] })) return false
    for (const operation of operations) {
      this.inner.batch({ conditions: [], operations: [operation] })
      await new Promise((resolve) => setImmediate(resolve))
    }
    return true
  }
}

/** Says that it has written, and does it a moment later. */
class Lazy extends Sound {
  override async batch(batch: SortedBatch): Promise<boolean> {
    setImmediate(() => this.inner.batch(batch))
    return true
  }
}

/** A double for each case of the SortedBackend kit. */
export const sortedBackendDoubles: BrokenDoubles<SortedBackend> = {
  'sorted-backend.values-come-back-as-they-were-put': altered((inner) => ({
    get: async (key) => {
      const value = inner.get(key)
      return value instanceof Uint8Array ? Uint8Array.from(Buffer.from(Buffer.from(value).toString())) : value
    },
  })),
  'sorted-backend.what-is-not-there-is-undefined': altered((inner) => ({ get: async (key) => inner.get(key) ?? '' })),
  'sorted-backend.bytes-are-the-callers-own': altered((inner) => {
    const given = new Map<string, SortedValue | undefined>()
    return {
      get: async (key) => {
        if (!given.has(key)) given.set(key, inner.get(key))
        return given.get(key)
      },
    }
  }),
  'sorted-backend.keys-are-ordered-by-their-bytes': altered((inner) => ({
    range: async (range) => inner.range(range).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  })),
  'sorted-backend.ranges-begin-with-their-first-key-and-end-before-their-last': altered((inner) => ({
    range: async (range) => {
      const last = inner.get(range.lt)
      return [...inner.range(range), ...(last === undefined ? [] : [[range.lt, last] as const])]
    },
  })),
  'sorted-backend.a-range-is-turned-round-before-it-is-cut': altered((inner) => ({
    range: async (range) => {
      const cut = inner.range({ ...range, reverse: false })
      return range.reverse ? cut.toReversed() : cut
    },
  })),
  'sorted-backend.counts-are-those-of-ranges': altered((inner) => {
    let puts = 0
    return {
      batch: async (batch) => {
        puts += batch.operations.filter(({ type }) => type === 'put').length
        return inner.batch(batch)
      },
      count: async (range) => Math.min(puts, inner.count(range) + (puts > 5 ? 1 : 0)),
    }
  }),
  'sorted-backend.a-batch-is-written-when-all-conditions-hold-and-not-otherwise': altered((inner) => ({
    batch: async ({ conditions, operations }) => inner.batch({ conditions: conditions.slice(0, 1), operations }),
  })),
  'sorted-backend.of-batches-that-compete-one-wins': () => new Hesitant(),
  'sorted-backend.removing-what-is-not-there-is-no-error': altered((inner) => ({
    batch: async (batch) => {
      const gone = batch.operations.find(({ type, key }) => type === 'del' && inner.get(key) === undefined)
      if (gone) throw new Error(`there is no ${gone.key}`)
      return inner.batch(batch)
    },
  })),
  'sorted-backend.reads-see-what-was-said-to-be-written': () => new Lazy(),
  'sorted-backend.no-read-sees-a-part-of-a-batch': () => new Piecemeal(),
  'sorted-backend.many-values-come-in-the-order-of-their-keys': altered((inner) => ({
    getMany: async (keys) => keys.toSorted().map((key) => inner.get(key)),
  })),
  'sorted-backend.a-view-is-of-one-moment': altered((inner) => ({
    view: async <T>(read: (reads: SortedReads) => Promise<T>): Promise<T> =>
      read({
        get: (key) => inner.get(key),
        range: (range) => inner.range({ ...ALL, ...range }),
        count: (range) => inner.count(range),
      }),
  })),
  'sorted-backend.what-was-written-is-there-for-others': () => new Sound(),
}

/** What the doubles offer to the cases: a second backend, with nothing in it. */
export const sortedBackendHooks = { another: (): SortedBackend => new Sound() }
